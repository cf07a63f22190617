/**
 * What is kept of each object of the kinds that are large or many: reduced as it is parsed, so that memory follows what
 * is read and not what is stored in the cluster. A field that a reader of src/kube needs must be named here first.
 */
import { isRecord } from './api-failure.ts';
import type { Sharing } from './sharing.ts';
import { keptMetadata } from './slim-object.ts';
import type { KubeObject } from './slim-object.ts';

type Fields = Readonly<Record<string, unknown>>;

const POD_SPEC = ['nodeName', 'hostNetwork', 'dnsPolicy', 'dnsConfig'];
const CONTAINER = ['name', 'restartPolicy', 'ports'];
const COMMAND_LINE = ['command', 'args'];
const POD_STATUS = ['phase', 'podIP', 'podIPs', 'startTime'];
const CONDITION = ['type', 'status', 'lastTransitionTime'];
/** Those that the kubelet alone sets: its last word on the pod. The others come and go with the pod's health. */
const CONDITIONS: ReadonlySet<unknown> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'ContainersReady',
]);
/** Of a static pod's mirror, and of a pod with secondary interfaces. */
const ANNOTATIONS = [
  'kubernetes.io/config.mirror',
  'kubernetes.io/config.hash',
  'k8s.v1.cni.cncf.io/networks',
];

/** A pod: some 7 KB as it comes, less than 1 KB of which says where it is, what it listens on and since when. */
export function keptOfPod(pod: KubeObject, sharing: Sharing): KubeObject {
  const { spec, status } = fieldsOf(pod);
  const head = headOf(pod);
  const { labels, ownerReferences } = head.metadata;
  const annotations = picked(pod.metadata['annotations'], ANNOTATIONS);
  return {
    ...head,
    metadata: {
      ...head.metadata,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(labels === undefined ? {} : { labels: sharing.of(labels) }),
      ...(ownerReferences === undefined ? {} : { ownerReferences: sharing.of(ownerReferences) }),
    },
    spec: {
      ...picked(spec, POD_SPEC),
      ...sharing.of({
        ...keptOfEach(spec, 'containers', (each) => [keptOfContainer(each)]),
        ...keptOfEach(spec, 'initContainers', (each) => [keptOfContainer(each)]),
      }),
    },
    status: {
      ...picked(status, POD_STATUS),
      ...keptOfEach(status, 'conditions', (each) =>
        CONDITIONS.has(each['type']) ? [picked(each, CONDITION)] : [],
      ),
      ...keptOfEach(status, 'containerStatuses', (each) => [keptOfContainerStatus(each)]),
      ...keptOfEach(status, 'initContainerStatuses', (each) => [keptOfContainerStatus(each)]),
    },
  } as KubeObject;
}

/** Only a DNS cache is asked what it was told (local-dns.ts); the command lines of others are long, and may hold secrets. */
function keptOfContainer(container: Fields): Fields {
  const told = picked(container, COMMAND_LINE);
  const isDnsCache = Object.values(told)
    .flat()
    .some((word) => typeof word === 'string' && word.includes('localip'));
  return { ...picked(container, CONTAINER), ...(isDnsCache ? told : {}) };
}

/** When it ran. What a container said as it ended may be kilobytes. */
function keptOfContainerStatus(status: Fields): Fields {
  return { ...keptOfState(status, 'state'), ...keptOfState(status, 'lastState') };
}

function keptOfState(status: Fields, field: 'state' | 'lastState'): Fields {
  const state = status[field];
  if (!isRecord(state)) return {};
  return {
    [field]: {
      ...pickedIn(state, 'running', ['startedAt']),
      ...pickedIn(state, 'terminated', ['startedAt', 'finishedAt']),
    },
  };
}

/** A Job that a CronJob made is a link from its pods to the CronJob; only one without controller is a workload by itself. */
export function keptOfJob(job: KubeObject): KubeObject {
  const owners = job.metadata['ownerReferences'];
  const isControlled =
    Array.isArray(owners) && owners.some((owner) => isRecord(owner) && owner['controller'] === true);
  return isControlled ? headOf(job) : { ...headOf(job), ...picked(job, ['spec']) };
}

/** Renewed by every node every 10 s. */
export function keptOfLease(lease: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = lease.metadata;
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion };
  return { ...headOf(lease), metadata, ...pickedIn(lease, 'spec', ['renewTime']) };
}

/** The Services that the API server calls before it admits an object. A CA bundle is kilobytes in each webhook. */
export function keptOfWebhooks(configuration: KubeObject): KubeObject {
  const { webhooks } = configuration as unknown as Fields;
  const kept = (Array.isArray(webhooks) ? webhooks : []).map((each: unknown) => {
    return { ...picked(each, ['name']), ...pickedIn(each, 'clientConfig', ['service']) };
  });
  return { ...headOf(configuration), webhooks: kept } as KubeObject;
}

/** The Service that the API server passes requests for a whole group on to; none for groups of its own. */
export function keptOfApiService(apiService: KubeObject): KubeObject {
  return {
    ...headOf(apiService),
    ...pickedIn(apiService, 'spec', ['service', 'group', 'version']),
  };
}

/** Names, and the webhook that converts between versions; the schemas, up to a megabyte in each, go. */
export function keptOfCustomResourceDefinition(definition: KubeObject): KubeObject {
  const { spec } = fieldsOf(definition);
  const conversion = isRecord(spec) ? spec['conversion'] : null;
  const webhook = isRecord(conversion) ? conversion['webhook'] : null;
  const service = pickedIn(webhook, 'clientConfig', ['service']);
  return {
    ...headOf(definition),
    spec: {
      ...picked(spec, ['group', 'names']),
      ...(isRecord(conversion)
        ? {
            conversion: {
              ...picked(conversion, ['strategy']),
              ...(isRecord(webhook) ? { webhook: service } : {}),
            },
          }
        : {}),
    },
  } as KubeObject;
}

function headOf(object: KubeObject): KubeObject {
  return { apiVersion: object.apiVersion, kind: object.kind, metadata: keptMetadata(object) };
}

function fieldsOf(object: KubeObject): { readonly spec?: unknown; readonly status?: unknown } {
  return object as { readonly spec?: unknown; readonly status?: unknown };
}

/** The named fields that are there. */
function picked(value: unknown, names: readonly string[]): Fields {
  if (!isRecord(value)) return {};
  const kept: Record<string, unknown> = {};
  for (const name of names) if (value[name] !== undefined) kept[name] = value[name];
  return kept;
}

/** `{field: ...}` with the named fields of what is there; nothing when there is none. */
function pickedIn(value: unknown, field: string, names: readonly string[]): Fields {
  return isRecord(value) && value[field] !== undefined ? { [field]: picked(value[field], names) } : {};
}

/** `{field: [...]}` of what is kept of each. What is no list, or no object in it, stays for its reader to refuse. */
function keptOfEach(value: unknown, field: string, kept: (each: Fields) => readonly Fields[]): Fields {
  const list = isRecord(value) ? value[field] : undefined;
  if (list === undefined) return {};
  if (!Array.isArray(list)) return { [field]: list };
  const all = list.flatMap((each: unknown): readonly unknown[] => (isRecord(each) ? kept(each) : [each]));
  // A list that grew has room for sixteen more; its copy has not.
  return { [field]: all.slice() };
}
