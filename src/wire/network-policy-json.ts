/** networking.k8s.io/v1 NetworkPolicy as a schema, field by field as Kubernetes names them. It checks shape, not meaning. */
import { z } from 'zod';
import { listOf } from './listing.ts';

export const labelSelectorJson = z
  .object({
    matchLabels: z.record(z.string(), z.string()).nullish(),
    matchExpressions: listOf(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: listOf(z.string()).nullish(),
      }),
    ).nullish(),
  })
  .meta({ id: 'LabelSelector', examples: [{ matchLabels: { app: 'web' } }] });

export const networkPolicyPeerJson = z
  .object({
    podSelector: labelSelectorJson.nullish(),
    namespaceSelector: labelSelectorJson.nullish(),
    ipBlock: z.object({ cidr: z.string(), except: listOf(z.string()).nullish() }).nullish(),
  })
  .meta({ id: 'NetworkPolicyPeer' });

export const networkPolicyPortJson = z
  .object({
    protocol: z.enum(['TCP', 'UDP', 'SCTP']).nullish(),
    port: z.union([z.number(), z.string()]).nullish(),
    endPort: z.number().nullish(),
  })
  .meta({ id: 'NetworkPolicyPort', examples: [{ protocol: 'TCP', port: 8080 }] });

export const networkPolicyJson = z
  .object({
    apiVersion: z.literal('networking.k8s.io/v1'),
    kind: z.literal('NetworkPolicy'),
    metadata: z.object({
      name: z.string(),
      namespace: z.string(),
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    }),
    spec: z.object({
      podSelector: labelSelectorJson.nullish(),
      policyTypes: listOf(z.enum(['Ingress', 'Egress'])).nullish(),
      ingress: listOf(
        z.object({
          from: listOf(networkPolicyPeerJson).nullish(),
          ports: listOf(networkPolicyPortJson).nullish(),
        }),
      ).nullish(),
      egress: listOf(
        z.object({
          to: listOf(networkPolicyPeerJson).nullish(),
          ports: listOf(networkPolicyPortJson).nullish(),
        }),
      ).nullish(),
    }),
  })
  .meta({ id: 'NetworkPolicy', description: 'A networking.k8s.io/v1 NetworkPolicy.' });
