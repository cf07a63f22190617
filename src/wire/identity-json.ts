/** Identities, workloads and Services as the API prints them: the domain's fields plus a title for people. */
import { z } from 'zod';
import { identityTitle } from '../domain/identity.ts';
import type { Identity } from '../domain/identity.ts';
import { PROTOCOLS } from '../domain/protocol.ts';

export const protocolJson = z.enum(PROTOCOLS);
export const portJson = z.int().min(1).max(65535);

export const workloadRefJson = z
  .object({
    namespace: z.string(),
    kind: z.string().describe('The Kubernetes kind; `Pod` for a pod without a controller.'),
    name: z
      .string()
      .describe(
        'Of a draft for Jobs or pods that come under names of their own: the label it is called by, as `app=migrate`.',
      ),
  })
  .meta({
    id: 'WorkloadRef',
    description: 'The controller that a set of pods is known by, or a bare pod.',
    examples: [{ namespace: 'shop', kind: 'Deployment', name: 'web' }],
  });

const title = z.string().describe('For people: `shop/web`, `node node-a (192.168.100.1)`.');
const address = z.string().describe('An IP address in canonical form.');

export const identityJson = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('workload'), workload: workloadRefJson, title }),
    z.object({ kind: z.literal('node'), name: z.string(), address, title }),
    z.object({ kind: z.literal('apiserver'), address, title }),
    z.object({ kind: z.literal('external'), address, title }),
  ])
  .meta({
    id: 'Identity',
    description: 'Who an end of an edge is. Only workloads outlive their address.',
    examples: [
      {
        kind: 'workload',
        workload: { namespace: 'shop', kind: 'Deployment', name: 'web' },
        title: 'shop/web',
      },
    ],
  });

export type IdentityJson = z.output<typeof identityJson>;

export function printIdentity(identity: Identity): IdentityJson {
  return { ...identity, title: identityTitle(identity) };
}
