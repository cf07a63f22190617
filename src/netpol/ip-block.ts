/** ipBlock peers, compiled to integer ranges so that one parsed address is compared with many blocks. */
import { cidrCovers, lastOf, parseCidr } from '../domain/cidr.ts';
import type { Cidr } from '../domain/cidr.ts';
import { familyOf, ipToBits } from '../domain/ip.ts';
import type { IpAddress, IpFamily } from '../domain/ip.ts';
import type { IpBlock } from './policy.ts';

interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

export interface CompiledBlock extends Span {
  readonly family: IpFamily;
  readonly except: readonly Span[];
}

/** An address parsed once for comparison with blocks. */
export interface ParsedAddress {
  readonly family: IpFamily;
  readonly bits: bigint;
}

/**
 * The block, or null when the API server would refuse it: a CIDR that is none, or an `except` that is not a
 * strict subset (NETPOL rule 19). Such a block matches nothing; one that is excepted whole does so by itself. Host bits are masked, as in objects from before validation was strict.
 */
export function compileBlock(block: IpBlock): CompiledBlock | null {
  const cidr = parseCidr(block.cidr);
  if (cidr === null) return null;
  const except: Span[] = [];
  for (const text of block.except ?? []) {
    const cut = parseCidr(text);
    if (cut === null || !cidrCovers(cidr, cut)) return null;
    except.push(spanOf(cut));
  }
  return { family: cidr.family, ...spanOf(cidr), except };
}

export function parseAddress(address: IpAddress): ParsedAddress {
  return { family: familyOf(address), bits: ipToBits(address) };
}

/** Whether the address lies in the block and in none of its exceptions. Families never mix (NETPOL rule 19). */
export function blockHolds(block: CompiledBlock, { family, bits }: ParsedAddress): boolean {
  return block.family === family && within(block, bits) && !block.except.some((cut) => within(cut, bits));
}

function spanOf(cidr: Cidr): Span {
  return { first: cidr.first, last: lastOf(cidr) };
}

function within(span: Span, bits: bigint): boolean {
  return span.first <= bits && bits <= span.last;
}
