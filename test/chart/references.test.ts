/** What one rendered object says of another is so: names, ports, selectors, volumes. */
import { describe, expect, it } from 'vitest';
import { EXAMPLES, example, helm, CHART, the } from './helm.ts';
import { containerOf, podsOf, workloadOf } from './pods.ts';
import type { PodTemplate } from './pods.ts';

type Labels = Readonly<Record<string, string>>;

interface Port {
  readonly name: string;
  readonly containerPort?: number;
  readonly targetPort?: string;
}

function select(labels: Labels, pods: readonly PodTemplate[]): PodTemplate[] {
  return pods.filter(({ metadata }) =>
    Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
  );
}

interface ServiceSpec {
  readonly selector: Labels;
  readonly ports: readonly Port[];
}

describe.each([...EXAMPLES.keys()])('with ci/%s-values.yaml', (name) => {
  const objects = example(name);
  const pods = podsOf(objects).map(({ pod }) => pod);

  it('each workload selects its own pods and no others', () => {
    for (const owner of objects.filter(({ kind }) => ['DaemonSet', 'StatefulSet'].includes(kind))) {
      const { selector, template } = workloadOf(owner);
      expect(select(selector.matchLabels, pods)).toEqual([template]);
    }
  });

  it('each Service leads to a named port of the server', () => {
    const server = workloadOf(the(objects, 'StatefulSet')).template;
    const ports = (containerOf(server).ports ?? []).map((port) => port['name']);
    const services = objects.filter(({ kind }) => kind === 'Service');
    expect(services).toHaveLength(2);
    for (const service of services) {
      const spec = service['spec'] as ServiceSpec;
      expect(select(spec.selector, pods)).toEqual([server]);
      for (const { targetPort } of spec.ports) expect(ports).toContain(targetPort);
    }
    expect(services.map(({ metadata }) => metadata.name)).toContain(
      (the(objects, 'StatefulSet')['spec'] as { serviceName: string }).serviceName,
    );
  });

  it('each probe of the server asks the listener that is for probes', () => {
    const container = containerOf(workloadOf(the(objects, 'StatefulSet')).template);
    const probesPort = container.ports?.find((port) => port['name'] === 'probes')?.['containerPort'];
    expect(container.args?.join(' ')).toMatch(
      new RegExp(`--probes=(0\\.0\\.0\\.0|\\[::\\]):${String(probesPort)}\\b`),
    );
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
      expect(container[probe]).toMatchObject({ httpGet: { port: 'probes' } });
  });

  it('each mount has its volume and each volume is mounted', () => {
    for (const { owner, pod } of podsOf(objects)) {
      const claims = owner.kind === 'StatefulSet' ? (workloadOf(owner).volumeClaimTemplates ?? []) : [];
      const volumes = [...(pod.spec.volumes ?? []), ...claims.map(({ metadata }) => metadata)];
      const mounts = (containerOf(pod).volumeMounts ?? []).map((mount) => mount.name);
      expect(volumes.map((volume) => volume.name).toSorted()).toEqual(mounts.toSorted());
    }
  });

  it('no process is told of a file that nothing mounts', () => {
    for (const { pod } of podsOf(objects)) {
      const container = containerOf(pod);
      const places = (container.volumeMounts ?? []).map((mount) => mount.mountPath);
      const files = (container.args ?? []).flatMap(
        (argument) => /^--[a-z-]+=(\/.*)$/.exec(argument)?.[1] ?? [],
      );
      for (const file of files) expect(places.some((place) => file.startsWith(place))).toBe(true);
    }
  });

  it('accounts, roles and classes that are named are rendered, where the values do not say otherwise', () => {
    const has = (kind: string, wanted: unknown): boolean =>
      objects.some((object) => object.kind === kind && object.metadata.name === wanted);
    const accounts = pods
      .map(({ spec }) => spec.serviceAccountName)
      .filter((account) => account !== undefined);
    expect(accounts).toHaveLength(2);
    expect(accounts.every((account) => has('ServiceAccount', account))).toBe(name !== 'people-on');
    for (const binding of objects.filter(({ kind }) => kind.endsWith('RoleBinding'))) {
      const { roleRef, subjects } = binding as unknown as {
        roleRef: { kind: string; name: string };
        subjects: readonly { name: string; namespace: string }[];
      };
      expect(has(roleRef.kind, roleRef.name)).toBe(true);
      // The agent has no rights at all.
      const server = workloadOf(the(objects, 'StatefulSet')).template.spec.serviceAccountName;
      expect(subjects).toMatchObject([{ name: server, namespace: 'netscribe' }]);
    }
    const className = workloadOf(the(objects, 'DaemonSet')).template.spec['priorityClassName'];
    if (className !== undefined) expect(has('PriorityClass', className)).toBe(true);
  });

  it('no volume of an agent is the Secret with the key of the server', () => {
    const secretsOf = (kind: string): unknown[] =>
      (workloadOf(the(objects, kind)).template.spec.volumes ?? []).flatMap((volume) => {
        const secret = volume['secret'] as { secretName: string } | undefined;
        return secret === undefined ? [] : [secret.secretName];
      });
    const ofServer = secretsOf('StatefulSet');
    expect(secretsOf('DaemonSet').filter((secret) => ofServer.includes(secret))).toEqual([]);
  });

  it('no mesh puts a second container beside the listener without a password', () => {
    for (const { pod } of podsOf(objects))
      expect(pod.metadata).toMatchObject({
        labels: { 'sidecar.istio.io/inject': 'false', 'istio.io/dataplane-mode': 'none' },
        annotations: { 'linkerd.io/inject': 'disabled', 'sidecar.istio.io/inject': 'false' },
      });
  });

  it('the commands of NOTES.txt name what is rendered', () => {
    const { code, out } = helm(
      'install',
      'netscribe',
      CHART,
      '--namespace=netscribe',
      '--dry-run=client',
      EXAMPLES.get(name) ?? '',
    );
    expect(code).toBe(0);
    const notes = out.slice(out.indexOf('\nNOTES:'));
    const named = [...notes.matchAll(/\b(?<kind>statefulset|daemonset)\/(?<name>[a-z0-9-]+)/g)];
    expect(named.length).toBeGreaterThan(2);
    for (const { groups } of named)
      expect(
        objects.some(
          ({ kind, metadata }) => kind.toLowerCase() === groups?.['kind'] && metadata.name === groups['name'],
        ),
      ).toBe(true);
    const roles = [...notes.matchAll(/--clusterrole=(?<role>\S+)/g)].map((match) => match.groups?.['role']);
    expect(roles).toHaveLength(name === 'people-on' ? 1 : 0);
    for (const role of roles) expect(the(objects, 'ClusterRole', '-view').metadata.name).toBe(role);
  });
});
