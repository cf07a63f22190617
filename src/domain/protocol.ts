/** The protocols a NetworkPolicy can name (networking.k8s.io/v1), in the order they are printed. */
export const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

const KUBERNETES = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' } as const;

/** `tcp` for `TCP`; null for anything a NetworkPolicy cannot name. */
export function parseProtocol(text: string): Protocol | null {
  const lower = text.toLowerCase();
  return PROTOCOLS.find((protocol) => protocol === lower) ?? null;
}

/** The Kubernetes spelling: `TCP`. */
export function kubernetesProtocol(protocol: Protocol): 'TCP' | 'UDP' | 'SCTP' {
  return KUBERNETES[protocol];
}
