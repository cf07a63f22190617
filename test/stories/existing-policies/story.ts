import type { NetworkPolicy, NetworkPolicySpec } from '../../../src/netpol/policy.ts';
import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

const inForce = (name: string, spec: NetworkPolicySpec): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});
const app = (name: string) => ({ matchLabels: { app: name } });

export default story({
  workloads: [workloadInfo('shop/web'), workloadInfo('shop/db')],
  edges: [
    edge('shop/web -> shop/db:5432/tcp', { opened: 25, answered: 25 }),
    edge('shop/db -> shop/web:8080/tcp', { opened: 3, answered: 3 }),
  ],
  detail: {
    policies: [
      inForce('allow-all-egress', { podSelector: app('web'), policyTypes: ['Egress'], egress: [{}] }),
      inForce('default-deny', { podSelector: {}, policyTypes: ['Ingress'] }),
      inForce('netscribe-deployment-db', {
        podSelector: app('db'),
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: app('web') }] }],
      }),
    ],
  },
});
