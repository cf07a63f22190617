/**
 * The upstream end-to-end tests of NetworkPolicy, transcribed as data: clusters, policies and who then reached whom. The
 * data is not part of this project; this file only says what it looks like.
 */
import { z } from 'zod';

const protocol = z.enum(['TCP', 'UDP', 'SCTP']);
const labels = z.record(z.string(), z.string());

const truthCase = z
  .object({
    name: z.string(),
    /** `namespace/name`. */
    pods: z.array(z.string()).min(1),
    /** Every pod serves each of the ports on each of the protocols, under the name `serve-80-tcp`. */
    ports: z.array(z.number()),
    protocols: z.array(protocol),
    /** By namespace, beside the label that the API server sets. */
    extraNamespaceLabels: z.record(z.string(), labels),
    /** By pod, beside `pod: <name>`. */
    extraPodLabels: z.record(z.string(), labels),
    policies: z.array(z.unknown()),
    probe: z.object({ port: z.number(), protocol }),
    /** Whether the connection was made, by `client->server`. */
    expect: z.record(z.string(), z.boolean()),
    podIPs: z.record(z.string(), z.ipv4()),
  })
  .refine(({ pods, podIPs, expect }) => {
    const probed = Object.keys(expect).flatMap((pair) => pair.split('->'));
    return pods.every((pod) => podIPs[pod] !== undefined) && probed.every((pod) => pods.includes(pod));
  }, 'a pod has no address, or a probe names no pod');
export type TruthCase = z.infer<typeof truthCase>;

const truth = z.object({ cases: z.array(truthCase).min(1) });

/** The cases, or a sentence that says why the text holds none. */
export function parseTruth(text: string): { cases: readonly TruthCase[] } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `it is no JSON: ${String(error)}` };
  }
  const parsed = truth.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
}
