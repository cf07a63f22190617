// Agents by token and people on the network, as the chart starts them: what the processes are told, and whether it holds.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { OUR_PATHS } from '../../src/server/access/access-review.ts';
import { API_PATHS } from '../../src/wire/api.ts';
import type { ControlPlane } from './control-plane.ts';
import type { LiveLab } from './live-run.ts';
import { runIn } from './shell.ts';
import { CONTROL } from './world.ts';
import type { NodeName } from './world.ts';

const AUDIENCE = 'netscribe';
const AGENT = { namespace: 'netscribe', serviceAccount: 'netscribe-agent' } as const;
const PERSON = { namespace: 'ci', serviceAccount: 'drift' } as const;
const PERSON_TOKEN_FILE = 'person-token';

/** More arguments of the processes. */
export interface NetworkAccess {
  readonly serverArgs: readonly string[];
  readonly agentArgs: (node: NodeName) => readonly string[];
}

/** Has the API server issue a token for each node and for one person, and grants that person the policies. */
export async function networkAccess(control: ControlPlane, folder: string): Promise<NetworkAccess> {
  const files = new Map<NodeName, string>();
  for (const node of ['node-a', 'node-b'] as const) {
    const file = join(folder, `token-${node}`);
    writeFileSync(file, await control.issueToken({ ...AGENT, audience: AUDIENCE, node }));
    files.set(node, file);
  }
  writeFileSync(join(folder, PERSON_TOKEN_FILE), await control.issueToken({ ...PERSON, audience: AUDIENCE }));
  const user = `system:serviceaccount:${PERSON.namespace}:${PERSON.serviceAccount}`;
  await control.command({ grant: { user, path: `${OUR_PATHS}${API_PATHS.policiesYaml}`, verb: 'get' } });
  return {
    serverArgs: [
      '--agent-auth=token',
      `--agent-audience=${AUDIENCE}`,
      `--agent-service-account=${AGENT.namespace}/${AGENT.serviceAccount}`,
      '--people-auth=kubernetes',
      `--probes=${CONTROL.address}:${CONTROL.probesPort}`,
    ],
    agentArgs: (node) => [`--token-file=${files.get(node)}`],
  };
}

/**
 * Asks the network listener from a node: the person gets the policies that loopback shows, and nothing else; who has no
 * token gets nothing; probes are answered. Says what it saw, and returns whether all of it is so.
 */
export async function checkNetwork(
  { lab, control }: LiveLab,
  folder: string,
  say: (line: string) => void,
): Promise<boolean> {
  const namespace = lab.topology.namespace('node-a');
  const base = `https://${CONTROL.address}:${CONTROL.ingestPort}`;
  const asked = (path: string, token: string): { status: number; body: string } =>
    JSON.parse(
      runIn(namespace, process.execPath, [
        'e2e/lab/ask-over-tls.ts',
        `${base}${path}`,
        join(folder, 'tls', 'ca.crt'),
        token,
      ]),
    ) as { status: number; body: string };
  const token = join(folder, PERSON_TOKEN_FILE);
  const allowed = asked(API_PATHS.policiesYaml, token);
  const denied = asked(API_PATHS.leases, token);
  const nobody = asked(API_PATHS.policiesYaml, '');
  const probed = await lab.host('node-a').order({
    op: 'http',
    method: 'GET',
    url: `http://${CONTROL.address}:${CONTROL.probesPort}/readyz`,
  });
  const isSame = allowed.status === 200 && allowed.body === (await control.text(API_PATHS.policiesYaml));
  const isReady = probed.outcome === 'answered' && probed.status === 200;
  const holds = isSame && denied.status === 403 && nobody.status === 401 && isReady;
  say(
    `lab: ${holds ? '' : 'wrong: '}on the network: policies with a role ${allowed.status} (${isSame ? 'the bytes of loopback' : 'other bytes'}), ` +
      `leases without one ${denied.status}, without a token ${nobody.status}, ready ${isReady}`,
  );
  return holds;
}
