/** Reads one direction's addresses and ports out of a CTA_TUPLE_ORIG or CTA_TUPLE_REPLY. */
import type { IpAddress } from '../../domain/ip.ts';
import { V4_BYTES, V6_BYTES } from './address-words.ts';
import type { AddressWords } from './address-words.ts';
import { AttributeWalk } from './attribute-walk.ts';
import { CTA_IP, CTA_PROTO, CTA_TUPLE } from './ctnetlink.ts';

/** Made once and filled again for each message, so that reading one allocates nothing. */
export class Tuple {
  source: IpAddress | null = null;
  destination: IpAddress | null = null;
  /** Ports and the IP protocol's number: 0 when absent, -1 when of an impossible size. */
  sourcePort = 0;
  destinationPort = 0;
  protocol = 0;
  /** The zone of this direction alone; null when it has none, -1 when of an impossible size. */
  zone: number | null = null;
  readonly #addresses: AddressWords;
  readonly #parts = new AttributeWalk();
  readonly #within = new AttributeWalk();

  constructor(addresses: AddressWords) {
    this.#addresses = addresses;
  }

  clear(): void {
    this.source = null;
    this.destination = null;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.protocol = 0;
    this.zone = null;
  }

  /** Reads the attributes in `bytes[start, end)`; false when one of them does not fit. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const parts = this.#parts;
    parts.begin(start, end);
    while (parts.next(bytes)) {
      if (parts.type === CTA_TUPLE.IP) this.#ends(bytes, parts);
      else if (parts.type === CTA_TUPLE.PROTO) this.#ports(bytes, parts);
      else if (parts.type === CTA_TUPLE.ZONE) this.zone = parts.unsigned(bytes, 2);
      if (this.#within.isBroken) return false;
    }
    return !parts.isBroken;
  }

  #ends(bytes: Uint8Array, part: AttributeWalk): void {
    const within = this.#within;
    within.begin(part.value, part.end);
    while (within.next(bytes)) {
      const { type, value } = within;
      const size = within.end - value;
      if (type === CTA_IP.V4_SRC && size === V4_BYTES) this.source = this.#addresses.v4(bytes, value);
      else if (type === CTA_IP.V4_DST && size === V4_BYTES)
        this.destination = this.#addresses.v4(bytes, value);
      else if (type === CTA_IP.V6_SRC && size === V6_BYTES) this.source = this.#addresses.v6(bytes, value);
      else if (type === CTA_IP.V6_DST && size === V6_BYTES)
        this.destination = this.#addresses.v6(bytes, value);
    }
  }

  #ports(bytes: Uint8Array, part: AttributeWalk): void {
    const within = this.#within;
    within.begin(part.value, part.end);
    while (within.next(bytes)) {
      if (within.type === CTA_PROTO.NUM) this.protocol = within.unsigned(bytes, 1);
      else if (within.type === CTA_PROTO.SRC_PORT) this.sourcePort = within.unsigned(bytes, 2);
      else if (within.type === CTA_PROTO.DST_PORT) this.destinationPort = within.unsigned(bytes, 2);
    }
  }
}
