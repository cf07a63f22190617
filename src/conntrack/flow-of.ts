/**
 * What one conntrack record says about a flow. Pure: no record is remembered, so that each is judged by itself, and the
 * key it gives is the one that the other records of its connection give.
 */
import type { Endpoint, FlowKey } from '../domain/flow.ts';
import type { ConntrackRecord } from './record.ts';

/** Why a record adds nothing; each is counted. */
export type NothingReason =
  /** An UPDATE that does not prove an answer. */
  | 'update'
  /** A DESTROY without counters (nf_conntrack_acct was off). */
  | 'destroy'
  /** A NEW of TCP or SCTP whose connection had begun before: nothing was seen opening, and a dump tells that it is there. */
  | 'mid-stream'
  /** A DESTROY whose counters cannot be given to either end: see `countersOf`. */
  | 'orientation'
  /** An entry that lingers after its connection, sometimes longer than the pod lives. */
  | 'closing'
  /** An entry whose handshake is not complete, or a mid-stream one that only one side was heard on. */
  | 'half-open'
  /** A listed TCP or SCTP entry without a state word. */
  | 'no-state'
  /** An event without a time stamp. */
  | 'no-time';

export type Sighting =
  /** A connection was seen opening, or was answered for the first time. `at` is unix ms, by the record's time stamp. */
  | { readonly kind: 'opened' | 'answered'; readonly key: FlowKey; readonly at: number }
  /** A dump found one entry of this key alive. */
  | { readonly kind: 'present'; readonly key: FlowKey }
  /** An entry ended; what it carried, both directions together. Says nothing about when. */
  | { readonly kind: 'counters'; readonly key: FlowKey; readonly bytes: number; readonly packets: number }
  | Nothing;

interface Nothing {
  readonly kind: 'nothing';
  readonly reason: NothingReason;
}

/** What a record says, before anything is made of its addresses: of which kind, and which way round its key is. */
export type Meaning =
  | {
      readonly kind: Exclude<Sighting['kind'], 'nothing'>;
      readonly orientation: FlowKey['orientation'];
    }
  | Nothing;

/** All that a meaning depends on besides the time. */
export type Facts = Pick<
  ConntrackRecord,
  | 'event'
  | 'protocol'
  | 'state'
  | 'unreplied'
  | 'assured'
  | 'midStream'
  | 'offloaded'
  | 'packets'
  | 'bytes'
  | 'origSourcePort'
  | 'replySourcePort'
>;

/** First port of Linux's default ephemeral range (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL_PORT = 32_768;

/** States in which only the opener has sent, by protocol: an entry that begins otherwise was picked up mid-stream. */
const FIRST_STATES = {
  tcp: ['SYN_SENT'],
  // An INIT leaves the state CLOSED (nf_conntrack_proto_sctp.c); a HEARTBEAT, which either end may send, does not.
  sctp: ['CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED'],
} as const;

const HANDSHAKE_STATES = 'SYN_SENT SYN_SENT2 SYN_RECV COOKIE_WAIT COOKIE_ECHOED HEARTBEAT_SENT'.split(' ');

/** Every meaning there is, made once. */
const MEANING = {
  opened: bothWays('opened'),
  answered: bothWays('answered'),
  present: bothWays('present'),
  counters: bothWays('counters'),
} as const;
const NOTHING: Readonly<Record<NothingReason, Nothing>> = {
  update: { kind: 'nothing', reason: 'update' },
  destroy: { kind: 'nothing', reason: 'destroy' },
  'mid-stream': { kind: 'nothing', reason: 'mid-stream' },
  orientation: { kind: 'nothing', reason: 'orientation' },
  closing: { kind: 'nothing', reason: 'closing' },
  'half-open': { kind: 'nothing', reason: 'half-open' },
  'no-state': { kind: 'nothing', reason: 'no-state' },
  'no-time': { kind: 'nothing', reason: 'no-time' },
};

/** The one thing that `record` says. */
export function sightingOf(record: ConntrackRecord): Sighting {
  const meaning = meaningOf(record, dialledOf(record) !== null);
  const { at, bytes, packets } = record;
  switch (meaning.kind) {
    case 'nothing':
      return meaning;
    case 'opened':
    case 'answered':
      if (at === null) return NOTHING['no-time'];
      return { kind: meaning.kind, key: keyOf(record, meaning.orientation), at };
    case 'present':
      return { kind: 'present', key: keyOf(record, meaning.orientation) };
    case 'counters':
      return {
        kind: 'counters',
        key: keyOf(record, meaning.orientation),
        bytes: bytes ?? 0,
        packets: packets ?? 0,
      };
    default:
      return meaning satisfies never;
  }
}

/** What of the facts tells which way round a key is. */
export type FoldedFacts = Pick<
  Facts,
  'event' | 'protocol' | 'midStream' | 'packets' | 'bytes' | 'origSourcePort' | 'replySourcePort'
>;

/**
 * What a record with these facts says; `isTranslated` tells that its server is not the address and port that were dialled.
 * Makes no object, so that a reader may ask for each of a hundred thousand events a second.
 *
 * In text, a mid-stream entry is told by its NEW alone; netlink tells it in lists and UPDATEs too. Its later records in text
 * look like any other's, but none of them can do harm: the kernel names a state in an UPDATE only when it changed, and such
 * an entry is ESTABLISHED from its first packet, so that its UPDATEs up to the close carry no state word and are `update`.
 * An UPDATE that does say ESTABLISHED follows a handshake that the kernel saw begin in the original direction, so that its
 * key is `seen`. (An SCTP path opened by a HEARTBEAT is the exception: its ESTABLISHED is given the key `seen`, in the
 * direction of the first HEARTBEAT.)
 */
export function meaningOf(facts: Facts, isTranslated: boolean): Meaning {
  // The most frequent by far, told by one look at the event.
  if (facts.event === 'new')
    return isMidStream(facts)
      ? NOTHING['mid-stream']
      : facing(MEANING.opened, orientationOf(facts, isTranslated));
  const reason = silenceOf(facts);
  return reason === null ? spokenOf(facts, isTranslated) : NOTHING[reason];
}

/** Why a record with these facts says nothing, wherever it leads; null when it may say something. */
export function silenceOf(facts: Facts): NothingReason | null {
  switch (facts.event) {
    case 'new':
      return isMidStream(facts) ? 'mid-stream' : null;
    case 'update':
      return isFirstAnswer(facts) ? null : 'update';
    case 'destroy':
      return facts.bytes === null || facts.packets === null ? 'destroy' : null;
    case 'dump':
      return absenceOf(facts);
    default:
      return facts.event satisfies never;
  }
}

/** What a record says that is not silent by itself. */
export function spokenOf(facts: FoldedFacts, isTranslated: boolean): Meaning {
  switch (facts.event) {
    case 'new':
      return facing(MEANING.opened, orientationOf(facts, isTranslated));
    case 'update':
      return facing(MEANING.answered, orientationOf(facts, isTranslated));
    case 'destroy':
      return countersOf(facts, isTranslated);
    case 'dump':
      return presenceOf(facts, isTranslated);
    default:
      return facts.event satisfies never;
  }
}

/** Whether the NEW of a TCP or SCTP connection was not of its first packet. UDP has no first packet that could be told. */
function isMidStream({ protocol, state, midStream }: Facts): boolean {
  if (protocol === 'udp') return false;
  const firstStates: readonly (string | null)[] = FIRST_STATES[protocol];
  return midStream === true || !firstStates.includes(state);
}

/** TCP and SCTP entering ESTABLISHED; UDP's first reply, which is neither unreplied any more nor assured yet. */
function isFirstAnswer({ protocol, state, unreplied, assured }: Facts): boolean {
  return protocol === 'udp' ? !unreplied && !assured : state === 'ESTABLISHED' && !unreplied;
}

/**
 * Of a connection that began with its first packet, unless the source knows better; a UDP answer that outlived its entry
 * looks like one.
 */
function orientationOf(facts: FoldedFacts, isTranslated: boolean): FlowKey['orientation'] {
  if (facts.midStream === true) return 'guessed';
  return facts.protocol === 'udp' && looksReversed(facts, isTranslated) ? 'guessed' : 'seen';
}

/**
 * A TCP or SCTP entry that looks reversed may have been picked up mid-stream, and its DESTROY does not tell. Its counters
 * are left out, rather than booked on a connection that was never opened in that direction.
 */
function countersOf(facts: FoldedFacts, isTranslated: boolean): Meaning {
  if (facts.protocol !== 'udp' && looksReversed(facts, isTranslated)) return NOTHING.orientation;
  return facing(MEANING.counters, orientationOf(facts, isTranslated));
}

/**
 * The text of a dump does not show whether an entry was picked up mid-stream. Only a packet of the original direction is
 * ever sent to another destination, so that an entry with a translated destination is known the right way round.
 */
function presenceOf(facts: FoldedFacts, isTranslated: boolean): Meaning {
  if (typeof facts.midStream === 'boolean')
    return facing(MEANING.present, orientationOf(facts, isTranslated));
  return isTranslated ? MEANING.present.seen : MEANING.present.guessed;
}

/** Why a listed entry does not prove that its connection is alive, or null when it does. One-way UDP is alive. */
function absenceOf({ protocol, state, unreplied, offloaded }: Facts): NothingReason | null {
  if (protocol === 'udp' || offloaded === true) return null;
  if (state === null) return 'no-state';
  if (state === 'ESTABLISHED') return unreplied ? 'half-open' : null;
  const isOpening = HANDSHAKE_STATES.includes(state) || (protocol === 'sctp' && unreplied);
  return isOpening ? 'half-open' : 'closing';
}

/** From a service port to an ephemeral one, and not by way of a Service: more likely an answer than a question. */
function looksReversed({ origSourcePort, replySourcePort }: FoldedFacts, isTranslated: boolean): boolean {
  return origSourcePort < FIRST_EPHEMERAL_PORT && replySourcePort >= FIRST_EPHEMERAL_PORT && !isTranslated;
}

/** A guessed key keeps both ports, so that what knows the server's side can turn it round. */
function keyOf(record: ConntrackRecord, orientation: FlowKey['orientation']): FlowKey {
  const dialled = dialledOf(record);
  return {
    protocol: record.protocol,
    client: record.origSource,
    server: record.replySource,
    serverPort: record.replySourcePort,
    ...(dialled !== null && { dialled }),
    ...(record.replyDestination !== record.origSource && { seenAs: record.replyDestination }),
    orientation,
    ...(orientation === 'guessed' && { clientPort: record.origSourcePort }),
  };
}

/** The address and port dialled, or null when they are the server's own. */
function dialledOf(record: ConntrackRecord): Endpoint | null {
  const { origDestination, origDestinationPort, replySource, replySourcePort } = record;
  if (origDestination === replySource && origDestinationPort === replySourcePort) return null;
  return { ip: origDestination, port: origDestinationPort };
}

type BothWays = Readonly<Record<FlowKey['orientation'], Meaning>>;

/** By name and not by a key, since V8 is slow to find a field by a key that varies. */
function facing(meanings: BothWays, orientation: FlowKey['orientation']): Meaning {
  return orientation === 'seen' ? meanings.seen : meanings.guessed;
}

function bothWays(kind: Exclude<Sighting['kind'], 'nothing'>): BothWays {
  return { seen: { kind, orientation: 'seen' }, guessed: { kind, orientation: 'guessed' } };
}
