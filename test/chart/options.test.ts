/** The command lines in the rendered pods are ones that the processes take, and mean what the chart says. */
import { describe, expect, it } from 'vitest';
import { parseAgentOptions } from '../../src/agent/options.ts';
import { parseServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import { EXAMPLES, example, the } from './helm.ts';
import { containerOf, workloadOf } from './pods.ts';

function argsOf(name: string, kind: string, command: string): readonly string[] {
  const [first, ...args] = containerOf(workloadOf(the(example(name), kind)).template).args ?? [];
  expect(first).toBe(command);
  // The kubelet fills in what the container's environment has.
  return args.map((argument) => argument.replace('$(NODE_NAME)', 'node-a'));
}

function serverOptions(name: string): ServerOptions {
  return parseServerOptions(argsOf(name, 'StatefulSet', 'server'), process);
}

function agentOptions(name: string): ReturnType<typeof parseAgentOptions> {
  return parseAgentOptions(argsOf(name, 'DaemonSet', 'agent'), {});
}

describe.each([...EXAMPLES.keys()])('with ci/%s-values.yaml', (name) => {
  it('the server takes its options: people on loopback, agents by token and TLS, probes apart', () => {
    const options = serverOptions(name);
    expect(options).toMatchObject({
      db: '/var/lib/netscribe/netscribe.db',
      api: { kind: 'in-cluster' },
      listen: { host: '127.0.0.1', port: 8080 },
      ingest: { port: 8443 },
      probes: { port: 8082 },
      audience: 'netscribe',
      agentAuth: { kind: 'token' },
      peopleAuth: name === 'people-on' ? 'kubernetes' : 'off',
    });
    const account = workloadOf(the(example(name), 'DaemonSet')).template.spec.serviceAccountName;
    expect(JSON.stringify(options.agentAuth)).toContain(String(account));
  });

  it('the agent takes its options, and calls the Service by a name of its certificate', () => {
    const parsed = agentOptions(name);
    expect(parsed).toMatchObject({ kind: 'options' });
    if (parsed.kind !== 'options') return;
    const { options } = parsed;
    expect(options).toMatchObject({
      nodeName: 'node-a',
      stateDir: '/var/lib/netscribe/agent',
      tokenFile: '/var/run/secrets/netscribe/token',
    });
    expect(options.server.protocol).toBe('https:');
    const service = the(example(name), 'Service', '-server');
    expect(options.server.hostname).toBe(`${service.metadata.name}.netscribe.svc`);
    const { tls } = serverOptions(name);
    const certificate = the(
      name === 'cert-manager' ? example(name) : [service],
      name === 'cert-manager' ? 'Certificate' : 'Service',
      '-server',
    );
    const hasNames = tls.kind === 'own' || name === 'cert-manager';
    if (hasNames)
      expect(JSON.stringify([tls, certificate['spec']])).toContain(`"${options.server.hostname}"`);
  });

  it('the agent trusts in the way that the server shows', () => {
    const parsed = agentOptions(name);
    if (parsed.kind !== 'options') throw new TypeError(parsed.kind);
    expect(serverOptions(name).tls.kind === 'own').toBe(parsed.options.trust.kind !== 'file');
  });
});

it('refuses to be started otherwise: an option that there is not', () => {
  expect(parseAgentOptions([...argsOf('default', 'DaemonSet', 'agent'), '--unheard-of=1'], {})).toMatchObject(
    {
      kind: 'problems',
    },
  );
});
