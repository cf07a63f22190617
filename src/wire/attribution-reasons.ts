/** What each code of attribution means, for people: why nobody could say who an address was, and what to do about it. */

export interface ReasonText {
  /** One sentence. */
  readonly meaning: string;
  /** What a person may do, or that nothing is to be done. */
  readonly advice: string;
}

const UNRESOLVED = {
  ambiguous: {
    meaning:
      'More than one holder could have had the address then, or the only one may have lost it already.',
    advice:
      'Ask `netscribe whohad` for the address and the time; around replacements of pods this is expected.',
  },
  'no-holder-then': {
    meaning: 'The address had holders, and none of them could have held it then.',
    advice:
      'Ask `netscribe whohad`: a client that still calls a pod that is gone, or a pod that was never seen.',
  },
  'pod-never-seen': {
    meaning: 'The address is in a pod range of the cluster, and no pod with it was ever seen.',
    advice:
      'The pod came and went while nobody watched, or the network plugin gives addresses of that range to other things.',
  },
  'service-unknown': {
    meaning: 'The address is a Service address, and no Service was known to serve that port then.',
    advice: 'Clients call a Service or a port that is gone; `netscribe whohad` tells which Services had it.',
  },
  loopback: {
    meaning: 'A node talked to itself over loopback, which no NetworkPolicy governs.',
    advice: 'Nothing is to be done.',
  },
  'group-address': {
    meaning: 'The address is a multicast or broadcast address: nobody holds it.',
    advice: 'Nothing is to be done; NetworkPolicies do not select such traffic by its group.',
  },
  'service-address': {
    meaning:
      'The address of a Service stood where that of a pod or node should: nothing showed who stood behind it.',
    advice:
      "Look whether the Service has endpoints; where another proxy than kube-proxy forwards it, use that proxy's flow logs.",
  },
} as const satisfies Readonly<Record<string, ReasonText>>;

/** Reasons that hold of an end of a flow, or of all of it, apart from those of `seen-as-`. */
const OTHERS = {
  frontier: {
    meaning:
      "The kubelet of the pod's node had not reported up to that time when the deadline passed, so the pod may have been replaced.",
    advice: "Look whether the node is Ready and renews its Lease in the namespace 'kube-node-lease'.",
  },
  orientation: {
    meaning: 'The connection was picked up in the middle, and nothing known tells which end is the server.',
    advice: 'It clears when the connection is opened anew; declare the container port to help.',
  },
  testimony: {
    meaning: 'An agent told of a connection that does not pass its node, which it cannot know.',
    advice: 'If it goes on, look at what runs on that node: an agent that invents traffic looks like this.',
  },
  'lease-forgotten': {
    meaning: 'A late fact contradicted it, and the lease that it rested on was no longer kept.',
    advice: 'Nothing is to be done; it is rare, and means a fact that came days late.',
  },
} as const satisfies Readonly<Record<string, ReasonText>>;

type Unresolved = keyof typeof UNRESOLVED;
/** Every reason for which an end, or a flow, has no name. */
export type UnattributedReason = Unresolved | `seen-as-${Unresolved}` | keyof typeof OTHERS;

const SEEN_AS = 'seen-as-';

/** Sorted. */
export const UNATTRIBUTED_REASONS: readonly UnattributedReason[] = [
  ...unresolvedReasons(),
  ...unresolvedReasons().map((reason) => `${SEEN_AS}${reason}` as const),
  ...(Object.keys(OTHERS) as (keyof typeof OTHERS)[]),
].toSorted();

/** `attributed-anew`: a late fact showed other ends, and the connections were counted for those. */
export const ATTRIBUTED_ANEW = 'attributed-anew';

/** Text for a code; also for one that only a newer version knows. */
export function reasonText(code: string): ReasonText {
  const known: ReasonText | undefined = isUnresolved(code) ? UNRESOLVED[code] : othersOf(code);
  if (known !== undefined) return known;
  const inner = code.slice(SEEN_AS.length);
  if (!code.startsWith(SEEN_AS) || !isUnresolved(inner))
    return { meaning: `This version has no words for ${code}.`, advice: 'Update netscribe.' };
  const { meaning, advice } = UNRESOLVED[inner];
  return {
    meaning: `Of the address that the client was rewritten to: ${meaning.charAt(0).toLowerCase()}${meaning.slice(1)}`,
    advice,
  };
}

/** What became of connections whose attribution was taken back. */
export function outcomeText(outcome: string): string {
  return outcome === ATTRIBUTED_ANEW
    ? 'A late fact showed other ends, and the connections were attributed to those.'
    : `Nobody can say any more who the ends were. ${reasonText(outcome).meaning}`;
}

function unresolvedReasons(): Unresolved[] {
  return Object.keys(UNRESOLVED).filter(isUnresolved);
}

function isUnresolved(code: string): code is Unresolved {
  return Object.hasOwn(UNRESOLVED, code);
}

function othersOf(code: string): ReasonText | undefined {
  return Object.hasOwn(OTHERS, code) ? OTHERS[code as keyof typeof OTHERS] : undefined;
}
