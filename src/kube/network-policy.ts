/** NetworkPolicies in force, as read from the API server (already validated and defaulted there). */
import { z } from 'zod';
import type { NetworkPolicy } from '../netpol/policy.ts';
import { labelSelector, objectMeta, protocolName } from './object.ts';

const port = z.object({
  protocol: protocolName.nullish(),
  port: z.union([z.number(), z.string()]).nullish(),
  endPort: z.number().nullish(),
});
const peer = z.object({
  podSelector: labelSelector.nullish(),
  namespaceSelector: labelSelector.nullish(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).nullish() }).nullish(),
});

export const networkPolicyObject = z.object({
  metadata: objectMeta,
  spec: z.object({
    podSelector: labelSelector.nullish(),
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])).nullish(),
    ingress: z.array(z.object({ from: z.array(peer).nullish(), ports: z.array(port).nullish() })).nullish(),
    egress: z.array(z.object({ to: z.array(peer).nullish(), ports: z.array(port).nullish() })).nullish(),
  }),
});

export function networkPolicyOf(object: z.infer<typeof networkPolicyObject>): NetworkPolicy {
  const { metadata, spec } = object;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: metadata.name, namespace: metadata.namespace, labels: metadata.labels ?? {} },
    spec,
  };
}
