/** Objects as an API server has them, with everything that a cluster piles onto them. */

/** Fields of metadata that nothing reads. */
export const clutter = {
  generateName: 'web-5f-',
  annotations: { 'sidecar.example/status': 'x'.repeat(1_500), 'example/secret': 'hunter2' },
  managedFields: Array.from({ length: 3 }, (_, index) => ({
    manager: `controller-${index}`,
    fieldsV1: Object.fromEntries(Array.from({ length: 20 }, (__, field) => [`f:field-${field}`, {}])),
  })),
};

const container = {
  name: 'main',
  image: 'registry.example/web:1',
  args: ['--port=8080'],
  ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
  env: Array.from({ length: 20 }, (_, index) => ({ name: `PASSWORD_${index}`, value: 'hunter2' })),
  volumeMounts: [{ name: 'token', mountPath: '/var/run/secrets' }],
  resources: { limits: { memory: '64Mi' } },
  livenessProbe: { httpGet: { path: '/healthz', port: 8080 } },
};

export const wholePod: Record<string, unknown> = {
  metadata: {
    ...clutter,
    name: 'web-5f-x',
    namespace: 'shop',
    uid: 'pod-1',
    resourceVersion: '7',
    creationTimestamp: '2026-11-03T09:00:00Z',
    labels: { app: 'web', 'pod-template-hash': '5f' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'web-uid', controller: true },
    ],
  },
  spec: {
    nodeName: 'node-a',
    dnsPolicy: 'ClusterFirst',
    dnsConfig: { nameservers: ['10.96.0.10'], options: [] },
    containers: [container],
    initContainers: [
      { ...container, name: 'mesh', restartPolicy: 'Always', ports: [{ containerPort: 15_008 }] },
    ],
    volumes: [{ name: 'token', secret: { secretName: 'token' } }],
    tolerations: [{ operator: 'Exists' }],
  },
  status: {
    phase: 'Running',
    hostIP: '192.168.100.1',
    podIP: '10.0.0.7',
    podIPs: [{ ip: '10.0.0.7' }, { ip: 'fd00::7' }],
    startTime: '2026-11-03T09:00:01Z',
    conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
      (type) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: '2026-11-03T09:00:02Z' }),
    ),
    containerStatuses: [
      {
        name: 'main',
        image: 'registry.example/web:1',
        imageID: `sha256:${'a'.repeat(64)}`,
        containerID: `containerd://${'b'.repeat(64)}`,
        restartCount: 1,
        state: { running: { startedAt: '2026-11-03T09:00:04Z' } },
        lastState: {
          terminated: {
            startedAt: '2026-11-03T09:00:02Z',
            finishedAt: '2026-11-03T09:00:03Z',
            message: 'y'.repeat(1_000),
          },
        },
      },
    ],
  },
};
