/** Pods as large as real ones, 6 to 8 KB, written from a template: nothing is kept of one that was written. */

/** What differs from pod to pod; everything else is the same text. */
const VARYING = /@(INDEX|UID|VERSION|ADDRESS|NODE|STAMP)@/;

const STARTED = '2026-11-20T08:15:30Z';

/** The text of the pod of this number, without kind and apiVersion, as an item of a typed list. */
export function podText(index: number, version: number, stamp = ''): string {
  const values: Readonly<Record<string, string>> = {
    INDEX: String(index),
    UID: `${index.toString(16).padStart(8, '0')}-5c1d-4e2b-9f3a-7d60b2a4c8e1`,
    VERSION: String(version),
    ADDRESS: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
    NODE: `node-${index % 500}`,
    STAMP: stamp,
  };
  const template = TEMPLATES[index % TEMPLATES.length] ?? [];
  return template.map((part, place) => (place % 2 === 0 ? part : (values[part] ?? ''))).join('');
}

/** The same as the object of a watch's event. */
export function eventText(type: 'ADDED' | 'MODIFIED', pod: string): string {
  return `{"type":"${type}","object":{"kind":"Pod","apiVersion":"v1",${pod.slice(1)}}\n`;
}

/** Text and name of what varies in turn. */
const TEMPLATES: readonly (readonly string[])[] = [1, 2, 3].map((sidecars) => {
  return JSON.stringify(podOf(sidecars)).split(VARYING);
});

function podOf(sidecars: number): object {
  const names = ['checkout', 'proxy', 'metrics'].slice(0, sidecars);
  return {
    metadata: {
      name: 'checkout-6d5f7c9b8d-@INDEX@',
      generateName: 'checkout-6d5f7c9b8d-',
      namespace: 'team-@NODE@',
      uid: '@UID@',
      resourceVersion: '@VERSION@',
      creationTimestamp: STARTED,
      labels: {
        'app.kubernetes.io/name': 'checkout',
        'app.kubernetes.io/instance': 'checkout-eu-west-1',
        'app.kubernetes.io/managed-by': 'Helm',
        'pod-template-hash': '6d5f7c9b8d',
        stamp: '@STAMP@',
      },
      annotations: {
        'checksum/config': '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': '9090',
        note: 'Größe ✓ '.repeat(20),
      },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'checkout-6d5f7c9b8d',
          uid: 'b7e0a4c2-1111-4e2b-9f3a-7d60b2a4c8e1',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: [managedBy('kube-controller-manager', names), managedBy('kubelet', names)],
    },
    spec: {
      volumes: names.flatMap((name) => [
        { name: `${name}-config`, configMap: { name: `${name}-config`, defaultMode: 420 } },
        { name: `${name}-cache`, emptyDir: { sizeLimit: '512Mi' } },
      ]),
      containers: names.map(containerOf),
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'checkout',
      nodeName: '@NODE@',
      securityContext: { runAsNonRoot: true, fsGroup: 65_532 },
      schedulerName: 'default-scheduler',
      tolerations: ['not-ready', 'unreachable'].map((condition) => ({
        key: `node.kubernetes.io/${condition}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
      preemptionPolicy: 'PreemptLowerPriority',
    },
    status: {
      phase: 'Running',
      conditions: [
        'PodReadyToStartContainers',
        'Initialized',
        'Ready',
        'ContainersReady',
        'PodScheduled',
      ].map((type) => {
        return { type, status: 'True', lastProbeTime: null, lastTransitionTime: STARTED };
      }),
      hostIP: '192.168.7.9',
      hostIPs: [{ ip: '192.168.7.9' }],
      podIP: '@ADDRESS@',
      podIPs: [{ ip: '@ADDRESS@' }],
      startTime: STARTED,
      containerStatuses: names.map((name) => ({
        name,
        state: { running: { startedAt: STARTED } },
        lastState: {},
        ready: true,
        restartCount: 0,
        image: `registry.example/team/${name}:2.14.3`,
        imageID: `registry.example/team/${name}@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`,
        containerID: 'containerd://e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        started: true,
      })),
      qosClass: 'Burstable',
    },
  };
}

function containerOf(name: string): object {
  return {
    name,
    image: `registry.example/team/${name}:2.14.3`,
    args: ['--listen=:8080', '--metrics=:9090', `--config=/etc/${name}/config.yaml`],
    ports: [
      { name: 'http', containerPort: 8080, protocol: 'TCP' },
      { name: 'metrics', containerPort: 9090, protocol: 'TCP' },
    ],
    env: Array.from({ length: 8 }, (_, index) => ({
      name: `SETTING_${index}`,
      valueFrom: { configMapKeyRef: { name: `${name}-settings`, key: `setting-number-${index}` } },
    })),
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    volumeMounts: [
      { name: `${name}-config`, mountPath: `/etc/${name}`, readOnly: true },
      { name: `${name}-cache`, mountPath: '/var/cache' },
    ],
    readinessProbe: {
      httpGet: { path: '/ready', port: 'http', scheme: 'HTTP' },
      periodSeconds: 10,
      failureThreshold: 3,
    },
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'IfNotPresent',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}

function managedBy(manager: string, names: readonly string[]): object {
  const fields = (of: readonly string[]): object => Object.fromEntries(of.map((name) => [`f:${name}`, {}]));
  const container = fields([
    'image',
    'imagePullPolicy',
    'name',
    'ports',
    'env',
    'resources',
    'volumeMounts',
    'readinessProbe',
  ]);
  return {
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: STARTED,
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': { 'f:annotations': fields(['checksum/config', 'note']), 'f:labels': fields(['stamp']) },
      'f:spec': {
        'f:containers': Object.fromEntries(names.map((name) => [`k:{"name":"${name}"}`, container])),
        ...fields(['dnsPolicy', 'restartPolicy', 'schedulerName', 'securityContext', 'serviceAccountName']),
      },
    },
  };
}
