/** Spans of time of addresses about which an exact answer may have changed, until they are taken. */
import type { IpAddress } from '../domain/ip.ts';
import { joined } from './revised-spans.ts';
import type { Span } from './revised-spans.ts';

/** An address and the time in which an exact answer about it may have changed; unix ms, end excluded. */
export interface RevisedSpan {
  readonly ip: IpAddress;
  readonly from: number;
  /** Number.MAX_SAFE_INTEGER when it is open. */
  readonly until: number;
}

export class RevisedAddresses {
  readonly #spans = new Map<IpAddress, readonly Span[]>();

  add(ip: IpAddress, spans: readonly Span[]): void {
    if (spans.length > 0) this.#spans.set(ip, joined([...(this.#spans.get(ip) ?? []), ...spans]));
  }

  /** By address and time; none of them is told again. */
  take(): RevisedSpan[] {
    const all = [...this.#spans].flatMap(([ip, spans]) =>
      spans.map(({ from, until }) => ({ ip, from, until: Math.min(until, Number.MAX_SAFE_INTEGER) })),
    );
    this.#spans.clear();
    return all;
  }
}
