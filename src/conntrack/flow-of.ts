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
  | { readonly kind: 'nothing'; readonly reason: NothingReason };

/** First port of Linux's default ephemeral range (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL_PORT = 32_768;

/** States in which only the opener has sent, by protocol: an entry that begins otherwise was picked up mid-stream. */
const FIRST_STATES = {
  tcp: ['SYN_SENT'],
  // An INIT leaves the state CLOSED (nf_conntrack_proto_sctp.c); a HEARTBEAT, which either end may send, does not.
  sctp: ['CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED'],
} as const;

const HANDSHAKE_STATES = 'SYN_SENT SYN_SENT2 SYN_RECV COOKIE_WAIT COOKIE_ECHOED HEARTBEAT_SENT'.split(' ');

/**
 * The one thing that `record` says.
 *
 * In text, a mid-stream entry is told by its NEW alone; netlink tells it in lists and UPDATEs too. Its later records in text
 * look like any other's, but none of them can do harm: the kernel names a state in an UPDATE only when it changed, and such
 * an entry is ESTABLISHED from its first packet, so that its UPDATEs up to the close carry no state word and are `update`.
 * An UPDATE that does say ESTABLISHED follows a handshake that the kernel saw begin in the original direction, so that its
 * key is `seen`. (An SCTP path opened by a HEARTBEAT is the exception: its ESTABLISHED is given the key `seen`, in the
 * direction of the first HEARTBEAT.)
 */
export function sightingOf(record: ConntrackRecord): Sighting {
  switch (record.event) {
    case 'new':
      if (record.at === null) return nothing('no-time');
      return { kind: 'opened', key: openedKey(record), at: record.at };
    case 'update':
      if (!isFirstAnswer(record)) return nothing('update');
      if (record.at === null) return nothing('no-time');
      return { kind: 'answered', key: eventKey(record), at: record.at };
    case 'destroy':
      return countersOf(record);
    case 'dump':
      return presenceOf(record);
    default:
      return record.event satisfies never;
  }
}

function openedKey(record: ConntrackRecord): FlowKey {
  if (record.protocol === 'udp' || record.midStream === true) return eventKey(record);
  const firstStates: readonly (string | null)[] = FIRST_STATES[record.protocol];
  return firstStates.includes(record.state) ? seenKey(record) : guessedKey(record);
}

/** TCP and SCTP entering ESTABLISHED; UDP's first reply, which is neither unreplied any more nor assured yet. */
function isFirstAnswer({ protocol, state, unreplied, assured }: ConntrackRecord): boolean {
  return protocol === 'udp' ? !unreplied && !assured : state === 'ESTABLISHED' && !unreplied;
}

/**
 * The key of a connection that began with its first packet, unless the source knows better; a UDP answer that outlived
 * its entry looks like one.
 */
function eventKey(record: ConntrackRecord): FlowKey {
  if (record.midStream === true) return guessedKey(record);
  return record.protocol === 'udp' && looksReversed(record) ? guessedKey(record) : seenKey(record);
}

/**
 * A TCP or SCTP entry that looks reversed may have been picked up mid-stream, and its DESTROY does not tell. Its counters
 * are left out, rather than booked on a connection that was never opened in that direction.
 */
function countersOf(record: ConntrackRecord): Sighting {
  const { bytes, packets } = record;
  if (bytes === null || packets === null) return nothing('destroy');
  if (record.protocol !== 'udp' && looksReversed(record)) return nothing('orientation');
  return { kind: 'counters', key: eventKey(record), bytes, packets };
}

/**
 * The text of a dump does not show whether an entry was picked up mid-stream. Only a packet of the original direction is
 * ever sent to another destination, so that an entry with a translated destination is known the right way round.
 */
function presenceOf(record: ConntrackRecord): Sighting {
  const reason = absenceOf(record);
  if (reason !== null) return nothing(reason);
  if (typeof record.midStream === 'boolean') return { kind: 'present', key: eventKey(record) };
  return { kind: 'present', key: dialledOf(record) === null ? guessedKey(record) : seenKey(record) };
}

/** Why a listed entry does not prove that its connection is alive, or null when it does. One-way UDP is alive. */
function absenceOf({ protocol, state, unreplied, offloaded }: ConntrackRecord): NothingReason | null {
  if (protocol === 'udp' || offloaded === true) return null;
  if (state === null) return 'no-state';
  if (state === 'ESTABLISHED') return unreplied ? 'half-open' : null;
  const isOpening = HANDSHAKE_STATES.includes(state) || (protocol === 'sctp' && unreplied);
  return isOpening ? 'half-open' : 'closing';
}

/** From a service port to an ephemeral one, and not by way of a Service: more likely an answer than a question. */
function looksReversed(record: ConntrackRecord): boolean {
  return (
    record.origSourcePort < FIRST_EPHEMERAL_PORT &&
    record.replySourcePort >= FIRST_EPHEMERAL_PORT &&
    dialledOf(record) === null
  );
}

function seenKey(record: ConntrackRecord): FlowKey {
  return { ...endsOf(record), orientation: 'seen' };
}

/** Keeps both ports, so that what knows the server's side can turn it round. */
function guessedKey(record: ConntrackRecord): FlowKey {
  return { ...endsOf(record), orientation: 'guessed', clientPort: record.origSourcePort };
}

function endsOf(record: ConntrackRecord): Omit<FlowKey, 'orientation' | 'clientPort'> {
  const dialled = dialledOf(record);
  return {
    protocol: record.protocol,
    client: record.origSource,
    server: record.replySource,
    serverPort: record.replySourcePort,
    ...(dialled !== null && { dialled }),
    ...(record.replyDestination !== record.origSource && { seenAs: record.replyDestination }),
  };
}

/** The address and port dialled, or null when they are the server's own. */
function dialledOf(record: ConntrackRecord): Endpoint | null {
  const { origDestination, origDestinationPort, replySource, replySourcePort } = record;
  if (origDestination === replySource && origDestinationPort === replySourcePort) return null;
  return { ip: origDestination, port: origDestinationPort };
}

function nothing(reason: NothingReason): Sighting {
  return { kind: 'nothing', reason };
}
