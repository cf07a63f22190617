/** Leases of kube-node-lease: the kubelets' signs of life. */
import { z } from 'zod';

const leaseObject = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ renewTime: z.iso.datetime({ offset: true }) }),
});

/** Null for what is no Lease, or for one that was never renewed. The Lease bears its node's name (KEP-0009). */
export function nodeLeaseOf(raw: unknown): { readonly node: string; readonly renewTime: number } | null {
  const lease = leaseObject.safeParse(raw);
  if (!lease.success) return null;
  return { node: lease.data.metadata.name, renewTime: Date.parse(lease.data.spec.renewTime) };
}
