/**
 * The "restricted" profile of the Pod Security Standards, control by control, newest version (kubernetes.io: "Pod Security
 * Standards", with Host Probes of 1.34). It judges rendered pods and knows nothing of netscribe.
 */
import type { Container, PodSpec, PodTemplate, SecurityContext } from './pods.ts';

export interface Breach {
  /** As the standard names it. */
  readonly control: string;
  /** As in `spec.containers[agent].securityContext.capabilities.add`. */
  readonly field: string;
  /** JSON of what stands there; `undefined` where something is missing. */
  readonly value: string;
}

type Record_ = Readonly<Record<string, unknown>>;

/** Baseline: "Capabilities". */
const BASELINE_CAPABILITIES = new Set(
  (
    'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID ' +
    'SYS_CHROOT'
  ).split(' '),
);
/** Baseline: "SELinux". */
const SELINUX_TYPES = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]);
/** Baseline: "Sysctls". */
const SAFE_SYSCTLS = new Set(
  (
    'kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.ip_unprivileged_port_start net.ipv4.tcp_syncookies ' +
    'net.ipv4.ping_group_range net.ipv4.ip_local_reserved_ports net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout ' +
    'net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes net.ipv4.tcp_rmem net.ipv4.tcp_wmem'
  ).split(' '),
);
/** Restricted: "Volume Types". */
const VOLUME_TYPES = new Set(
  'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' '),
);
const PROFILES = new Set(['RuntimeDefault', 'Localhost']);

/** Every breach, sorted by nothing but the order of the standard. Empty for a pod that is restricted. */
export function breachesOf({ metadata, spec }: PodTemplate): Breach[] {
  const breaches: Breach[] = [];
  const breach = (control: string, field: string, value: unknown): void => {
    breaches.push({ control, field, value: JSON.stringify(value) ?? 'undefined' });
  };
  const contexts = contextsOf(spec);
  for (const { at, context } of contexts) {
    const windows = recordOf(context['windowsOptions']);
    if (windows['hostProcess'] === true) breach('HostProcess', `${at}.windowsOptions.hostProcess`, true);
  }
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (spec[field] !== undefined && spec[field] !== false)
      breach('Host Namespaces', `spec.${field}`, spec[field]);
  for (const { at, container } of containersOf(spec)) containerBreaches(container, at, breach);
  for (const volume of spec.volumes ?? []) {
    if (volume['hostPath'] !== undefined)
      breach('HostPath Volumes', `spec.volumes[${volume.name}].hostPath`, volume['hostPath']);
  }
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    const isProfile = key.startsWith('container.apparmor.security.beta.kubernetes.io/');
    if (isProfile && value !== 'runtime/default' && !value.startsWith('localhost/'))
      breach('AppArmor', `metadata.annotations[${key}]`, value);
  }
  for (const { at, context } of contexts) contextBreaches(context, at, breach);
  for (const { name } of listOf(recordOf(spec.securityContext)['sysctls']))
    if (!SAFE_SYSCTLS.has(textOf(name))) breach('Sysctls', 'spec.securityContext.sysctls', name);
  for (const volume of spec.volumes ?? []) {
    const types = Object.keys(volume).filter((key) => key !== 'name');
    // A volume without a source is an emptyDir.
    if (!types.every((type) => VOLUME_TYPES.has(type)))
      breach('Volume Types', `spec.volumes[${volume.name}]`, types.join());
  }
  for (const { at, container } of containersOf(spec))
    inheritedBreaches(container.securityContext ?? {}, { at, pod: spec.securityContext ?? {} }, breach);
  return breaches;
}

type Report = (control: string, field: string, value: unknown) => void;

/** Controls of containers that no field of the pod stands in for. */
function containerBreaches(container: Container, at: string, breach: Report): void {
  const context = container.securityContext ?? {};
  const field = `${at}.securityContext`;
  if (context['privileged'] === true) breach('Privileged Containers', `${field}.privileged`, true);
  const { add, drop } = recordOf(context['capabilities']);
  const added = Array.isArray(add) ? add.map(textOf) : [];
  const beyondBaseline = added.filter((name) => !BASELINE_CAPABILITIES.has(name));
  if (beyondBaseline.length > 0)
    breach('Capabilities (baseline)', `${field}.capabilities.add`, beyondBaseline);
  const beyond = added.filter((name) => name !== 'NET_BIND_SERVICE');
  if (beyond.length > 0) breach('Capabilities (restricted)', `${field}.capabilities.add`, beyond);
  if (!Array.isArray(drop) || !drop.includes('ALL'))
    breach('Capabilities (restricted)', `${field}.capabilities.drop`, drop);
  for (const port of container.ports ?? [])
    if ((port['hostPort'] ?? 0) !== 0) breach('Host Ports', `${at}.ports`, port['hostPort']);
  for (const [path, host] of hostsOf(container)) breach('Host Probes', `${at}.${path}`, host);
  if (!['', 'Default'].includes(textOf(context['procMount'] ?? '')))
    breach('/proc Mount Type', `${field}.procMount`, context['procMount']);
  if (context['allowPrivilegeEscalation'] !== false)
    breach('Privilege Escalation', `${field}.allowPrivilegeEscalation`, context['allowPrivilegeEscalation']);
}

/** Controls of the pod's security context and of each container's alike. */
function contextBreaches(context: SecurityContext, at: string, breach: Report): void {
  const appArmor = recordOf(context['appArmorProfile'])['type'];
  if (appArmor !== undefined && !PROFILES.has(textOf(appArmor)))
    breach('AppArmor', `${at}.appArmorProfile.type`, appArmor);
  const { type = '', user = '', role = '' } = recordOf(context['seLinuxOptions']);
  if (!SELINUX_TYPES.has(textOf(type))) breach('SELinux', `${at}.seLinuxOptions.type`, type);
  if (user !== '') breach('SELinux', `${at}.seLinuxOptions.user`, user);
  if (role !== '') breach('SELinux', `${at}.seLinuxOptions.role`, role);
  const seccomp = recordOf(context['seccompProfile'])['type'];
  if (seccomp !== undefined && !PROFILES.has(textOf(seccomp)))
    breach('Seccomp', `${at}.seccompProfile.type`, seccomp);
  if (context['runAsUser'] === 0) breach('Running as Non-root user', `${at}.runAsUser`, 0);
}

/** Controls where a container has what its pod has, unless it says something itself. */
function inheritedBreaches(
  own: SecurityContext,
  { at, pod }: { readonly at: string; readonly pod: SecurityContext },
  breach: Report,
): void {
  const nonRoot = own['runAsNonRoot'] ?? pod['runAsNonRoot'];
  if (nonRoot !== true) breach('Running as Non-root', `${at}.securityContext.runAsNonRoot`, nonRoot);
  const seccomp = recordOf(own['seccompProfile'] ?? pod['seccompProfile'])['type'];
  if (seccomp === undefined) breach('Seccomp', `${at}.securityContext.seccompProfile.type`, seccomp);
}

/** Hosts in probes and lifecycle hooks: requests that the kubelet would make elsewhere. */
function hostsOf(container: Container): [string, unknown][] {
  const { postStart, preStop } = recordOf(container['lifecycle']);
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return Object.entries({ livenessProbe, readinessProbe, startupProbe, postStart, preStop }).flatMap(
    ([name, hook]) =>
      ['httpGet', 'tcpSocket'].flatMap((way): [string, unknown][] => {
        const host = recordOf(recordOf(hook)[way])['host'] ?? '';
        return host === '' ? [] : [[`${name}.${way}.host`, host]];
      }),
  );
}

function containersOf(spec: PodSpec): { at: string; container: Container }[] {
  return (['containers', 'initContainers', 'ephemeralContainers'] as const).flatMap((list) =>
    ((spec[list] ?? []) as readonly Container[]).map((container) => ({
      at: `spec.${list}[${container.name}]`,
      container,
    })),
  );
}

function contextsOf(spec: PodSpec): { at: string; context: SecurityContext }[] {
  return [
    { at: 'spec.securityContext', context: spec.securityContext ?? {} },
    ...containersOf(spec).map(({ at, container }) => ({
      at: `${at}.securityContext`,
      context: container.securityContext ?? {},
    })),
  ];
}

/** JSON of what is no text, so that no object reads as a name. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function recordOf(value: unknown): Record_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record_) : {};
}

function listOf(value: unknown): Record_[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}
