/** Which exceptions from the "restricted" Pod Security Standard the chart's pods need: these and no others. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXAMPLES, ROOT, example } from './helm.ts';
import { breachesOf } from './pod-security.ts';
import type { Breach } from './pod-security.ts';
import { podsOf } from './pods.ts';
import type { PodSpec, PodTemplate } from './pods.ts';

/** What the agent needs on a node; docs/security-profile.md gives each its reason. */
const AGENT = [
  'Host Namespaces: spec.hostNetwork = true',
  'Capabilities (baseline): spec.containers[agent].securityContext.capabilities.add = ["NET_ADMIN"]',
  'Capabilities (restricted): spec.containers[agent].securityContext.capabilities.add = ["NET_ADMIN"]',
  'HostPath Volumes: spec.volumes[state].hostPath = {"path":"/var/lib/netscribe/agent","type":"DirectoryOrCreate"}',
  'Running as Non-root user: spec.securityContext.runAsUser = 0',
  'Volume Types: spec.volumes[state] = "hostPath"',
  'Running as Non-root: spec.containers[agent].securityContext.runAsNonRoot = undefined',
];
const OF_HOST_PATH = ['HostPath Volumes', 'Volume Types'];
const PROBES = ['startupProbe', 'livenessProbe', 'readinessProbe'];

describe.each([...EXAMPLES.keys()])('with ci/%s-values.yaml', (name) => {
  const pods = podsOf(example(name));

  it('the server and the test pod are restricted', () => {
    const others = pods.filter(({ owner }) => owner.kind !== 'DaemonSet');
    expect(others.map(({ owner }) => owner.kind).toSorted()).toEqual(['Pod', 'StatefulSet']);
    for (const { pod } of others) expect(breachesOf(pod)).toEqual([]);
  });

  it('the agent needs what it needs', () => {
    const agent = pods.find(({ owner }) => owner.kind === 'DaemonSet');
    const found = agent === undefined ? [] : breachesOf(agent.pod).map(textOf);
    const hasHostPath = !['emptydir', 'minimal'].includes(name);
    const expected = AGENT.filter(
      (line) => hasHostPath || !OF_HOST_PATH.some((control) => line.startsWith(control)),
    );
    const ofProbes = PROBES.map(
      (probe) => `Host Probes: spec.containers[agent].${probe}.httpGet.host = "127.0.0.1"`,
    );
    expect(found.toSorted()).toEqual([...expected, ...(name === 'monitoring' ? ofProbes : [])].toSorted());
  });
});

it('docs/security-profile.md gives each exception its reason', () => {
  const text = readFileSync(path.join(ROOT, 'docs/security-profile.md'), 'utf8');
  const controls = new Set([...AGENT, 'Host Probes:'].map((line) => line.split(':', 1)[0] ?? ''));
  const rows = [...text.matchAll(/^\| (?<control>[A-Z][^|]+?) +\|/gm)].map(
    (row) => row.groups?.['control'] ?? '',
  );
  expect(rows.filter((row) => row !== 'control').toSorted()).toEqual([...controls].toSorted());
});

describe('the checker', () => {
  const container = {
    name: 'c',
    image: 'i',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  const context = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
  const good: PodTemplate = { metadata: {}, spec: { containers: [container], securityContext: context } };
  const spec = (changed: Partial<PodSpec>): PodTemplate => ({
    metadata: {},
    spec: { ...good.spec, ...changed },
  });
  const pod = (changed: object): PodTemplate => spec({ securityContext: { ...context, ...changed } });
  const own = (changed: object): PodTemplate =>
    spec({
      containers: [{ ...container, securityContext: { ...container.securityContext, ...changed } }],
    });
  const part = (changed: object): PodTemplate => spec({ containers: [{ ...container, ...changed }] });

  it('lets a restricted pod pass', () => {
    expect(breachesOf(good)).toEqual([]);
  });

  it.each<[string, PodTemplate]>([
    ['HostProcess', pod({ windowsOptions: { hostProcess: true } })],
    ['Host Namespaces', spec({ hostPID: true })],
    ['Privileged Containers', own({ privileged: true })],
    ['Capabilities (baseline)', own({ capabilities: { add: ['SYS_ADMIN'], drop: ['ALL'] } })],
    ['Capabilities (restricted)', own({ capabilities: { add: ['CHOWN'], drop: ['ALL'] } })],
    ['Capabilities (restricted)', own({ capabilities: { drop: ['NET_RAW'] } })],
    ['HostPath Volumes', spec({ volumes: [{ name: 'v', hostPath: { path: '/x' } }] })],
    ['Host Ports', part({ ports: [{ containerPort: 1, hostPort: 1 }] })],
    ['Host Probes', part({ livenessProbe: { httpGet: { host: '10.0.0.1', port: 1 } } })],
    ['Host Probes', part({ lifecycle: { preStop: { tcpSocket: { host: 'x', port: 1 } } } })],
    ['AppArmor', pod({ appArmorProfile: { type: 'Unconfined' } })],
    [
      'AppArmor',
      {
        ...good,
        metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' } },
      },
    ],
    ['SELinux', own({ seLinuxOptions: { type: 'spc_t' } })],
    ['SELinux', pod({ seLinuxOptions: { user: 'system_u' } })],
    ['/proc Mount Type', own({ procMount: 'Unmasked' })],
    ['Seccomp', own({ seccompProfile: { type: 'Unconfined' } })],
    ['Seccomp', spec({ securityContext: { runAsNonRoot: true } })],
    ['Sysctls', pod({ sysctls: [{ name: 'kernel.msgmax', value: '1' }] })],
    ['Volume Types', spec({ volumes: [{ name: 'v', nfs: { server: 'x', path: '/' } }] })],
    ['Privilege Escalation', own({ allowPrivilegeEscalation: undefined })],
    ['Running as Non-root', pod({ runAsNonRoot: undefined })],
    ['Running as Non-root', own({ runAsNonRoot: false })],
    ['Running as Non-root user', own({ runAsUser: 0 })],
    [
      'Privileged Containers',
      spec({
        initContainers: [
          { ...container, securityContext: { ...container.securityContext, privileged: true } },
        ],
      }),
    ],
  ])('finds a breach of %s', (control, bad) => {
    expect(breachesOf(bad).map((each) => each.control)).toContain(control);
  });
});

function textOf({ control, field, value }: Breach): string {
  return `${control}: ${field} = ${value}`;
}
