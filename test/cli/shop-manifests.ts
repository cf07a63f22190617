/** A small shop as people write it down: a web tier, a database without pods yet, a nightly job, and their policies. */

const deployment = (name: string, namespace: string, replicas: number, port: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: null}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}, creationTimestamp: null}
    spec: {containers: [{name: main, image: example, ports: [${port}]}]}
status: {}
`;

export const WORKLOADS = [
  `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: sales}}
`,
  `
apiVersion: v1
kind: Namespace
metadata: {name: ops, labels: {team: ops}}
`,
  deployment('web', 'shop', 3, '{name: http, containerPort: 8080}'),
  deployment('db', 'shop', 0, '{name: sql, containerPort: 5432}').replace(
    'kind: Deployment',
    'kind: StatefulSet',
  ),
  `
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: ops}
spec:
  schedule: '@daily'
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: backup}}
        spec: {restartPolicy: Never, containers: [{name: main, image: example}]}
`,
].join('---');

export const WEB_POLICY = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]
    ports: [{port: http}]
  egress:
  - to: [{podSelector: {matchLabels: {app: db}}}]
    ports: [{port: 5432}]
`;

export const DB_POLICY = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: sql}]
  - from: [{namespaceSelector: {matchLabels: {team: ops}}}]
    ports: [{port: 5432, endPort: 5433}]
`;

export const POLICIES = `${WEB_POLICY}---${DB_POLICY}`;

/** A pod as kubectl prints it, with only what counts; `owner` is a ReplicaSet `NAME-HASH`. */
export function runningPod(
  title: string,
  options: { ip: string; labels: Readonly<Record<string, string>>; owner?: string; phase?: string },
): Readonly<Record<string, unknown>> {
  const [namespace = '', name = ''] = title.split('/');
  const { owner } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-of-${name}`,
      creationTimestamp: '2026-11-21T22:52:56Z',
      labels: options.labels,
      ...(owner !== undefined && {
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: owner,
            uid: `uid-of-${owner}`,
            controller: true,
          },
        ],
      }),
    },
    spec: { nodeName: 'n1', containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: { phase: options.phase ?? 'Running', podIP: options.ip },
  };
}

export function listOf(...items: readonly unknown[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
