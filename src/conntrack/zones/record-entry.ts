/** A record of text in words, as the fold holds entries. Filled again for each. */
import type { IpAddress } from '../../domain/ip.ts';
import type { Protocol } from '../../domain/protocol.ts';
import { AddressWords } from '../address-text.ts';
import { ORIG_DESTINATION, ORIG_SOURCE, REPLY_DESTINATION, REPLY_SOURCE } from '../key-words.ts';
import type { ConntrackRecord, RecordEvent } from '../record.ts';
import type { ZonedEntry } from './zone-fold.ts';

const NO_ZONE = -1;

export class RecordEntry implements ZonedEntry {
  event: RecordEvent = 'dump';
  protocol: Protocol = 'tcp';
  state: string | null = null;
  unreplied = false;
  assured = false;
  midStream: boolean | null = null;
  offloaded = false;
  packets: number | null = null;
  bytes: number | null = null;
  origSourcePort = 0;
  origDestinationPort = 0;
  replySourcePort = 0;
  replyDestinationPort = 0;
  zone = NO_ZONE;
  readonly addresses = new Int32Array(16);
  readonly #words = new AddressWords();

  take(record: ConntrackRecord): void {
    this.event = record.event;
    this.protocol = record.protocol;
    this.state = record.state;
    this.unreplied = record.unreplied;
    this.assured = record.assured;
    this.midStream = record.midStream ?? null;
    this.offloaded = record.offloaded ?? false;
    this.packets = record.packets;
    this.bytes = record.bytes;
    this.origSourcePort = record.origSourcePort;
    this.origDestinationPort = record.origDestinationPort;
    this.replySourcePort = record.replySourcePort;
    this.replyDestinationPort = record.replyDestinationPort;
    this.zone = record.zone ?? NO_ZONE;
    this.#put(ORIG_SOURCE, record.origSource);
    this.#put(ORIG_DESTINATION, record.origDestination);
    this.#put(REPLY_SOURCE, record.replySource);
    this.#put(REPLY_DESTINATION, record.replyDestination);
  }

  #put(at: number, address: IpAddress): void {
    this.addresses.set(this.#words.of(address), at);
  }
}
