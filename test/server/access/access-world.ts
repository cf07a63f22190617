/** A network listener with gates over a real HTTP API server, on a clock that a test moves. */
import { urlTransport } from '../../../src/kube/watch/transport.ts';
import type { ApiTransport } from '../../../src/kube/watch/transport.ts';
import { AgentGate } from '../../../src/server/access/agent-gate.ts';
import { PeopleGate } from '../../../src/server/access/people-gate.ts';
import { TokenReviewer } from '../../../src/server/access/token-reviewer.ts';
import { ReviewSlots } from '../../../src/server/access/verdicts.ts';
import type { GivenObject } from '../../fake-api-server/server.ts';
import { FakeApiServer } from '../../fake-api-server/server.ts';
import type { TokenAsked } from '../../fake-api-server/tokens.ts';

export interface AccessWorld {
  readonly api: FakeApiServer;
  readonly transport: ApiTransport;
  readonly agents: AgentGate;
  readonly people: PeopleGate;
  /** Puts the object and tells the gate, as the watch does. */
  put(object: GivenObject): void;
  removePod(name: string): void;
  /** Monotonic ms. */
  clock: { ms: number };
  token(asked?: Partial<TokenAsked>): string;
  close(): Promise<void>;
}

export async function accessWorld(): Promise<AccessWorld> {
  const api = new FakeApiServer();
  await api.listen();
  const transport = await urlTransport(api.url, {});
  const clock = { ms: 0 };
  const slots = new ReviewSlots();
  const monotonicMs = (): number => clock.ms;
  const reviewer = new TokenReviewer({ transport, slots, audience: 'netscribe', monotonicMs });
  const agents = new AgentGate(reviewer, { namespace: 'netscribe', name: 'agent' });
  const people = new PeopleGate({ reviewer, transport, slots, monotonicMs });
  const put = (object: GivenObject): void =>
    agents.event({ observedAt: 0, type: 'ADDED', object: api.put(object) });
  put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a', uid: 'uid-a' } });
  put(podObject('agent-a', 'node-a'));
  return {
    api,
    transport,
    agents,
    people,
    put,
    clock,
    removePod: (name) => {
      const pod = api.objects('Pod').find((each) => each.metadata.name === name);
      api.remove('Pod', 'netscribe', name);
      agents.event({ observedAt: 0, type: 'DELETED', object: pod });
    },
    token: (asked = {}) =>
      api.tokens.issue({
        namespace: 'netscribe',
        serviceAccount: 'agent',
        audience: 'netscribe',
        pod: 'agent-a',
        ...asked,
      }),
    close: async () => {
      transport.close();
      await api.close();
    },
  };
}

export function podObject(name: string, nodeName: string): GivenObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'netscribe', uid: `uid-of-${name}` },
    spec: { nodeName, hostNetwork: true },
  };
}
