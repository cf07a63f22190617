/**
 * IP addresses as branded canonical strings: IPv4 dotted quad, IPv6 in RFC 5952 form, IPv4-mapped IPv6
 * unmapped to IPv4. Equal addresses are equal strings, so they serve as map keys. Scoped addresses
 * (`fe80::1%eth0`) and historic spellings (`010.0.0.1`, `0x7f.1`, `10.1`) are not addresses here.
 */
declare const ipBrand: unique symbol;
export type IpAddress = string & { readonly [ipBrand]: true };
export type IpFamily = 4 | 6;

/** ::ffff:0:0/96 holds the IPv4-mapped addresses (RFC 4291 section 2.5.5.2): the prefix without its 32 free bits. */
const MAPPED_PREFIX = 0xffffn;

const DOT = 46;
const ZERO = 48;
const NINE = 57;

/** The canonical form of `text`, or null when it is not an IP address. */
export function parseIp(text: string): IpAddress | null {
  const isV6 = text.includes(':');
  const bits = isV6 ? parseV6(text) : parseV4(text);
  if (bits === null) return null;
  return isV6 ? formatIp(6, bits) : (text as IpAddress);
}

/** `text` as an address; for literals in code and tests. Throws a RangeError on anything else. */
export function ip(text: string): IpAddress {
  const parsed = parseIp(text);
  if (parsed === null) throw new RangeError(`not an IP address: ${JSON.stringify(text)}`);
  return parsed;
}

export function familyOf(address: IpAddress): IpFamily {
  return address.includes(':') ? 6 : 4;
}

/** Number of bits of an address of this family: 32 or 128. */
export function widthOf(family: IpFamily): number {
  return family === 4 ? 32 : 128;
}

/** The address as an unsigned integer of `widthOf(familyOf(address))` bits. */
export function ipToBits(address: IpAddress): bigint {
  const bits = address.includes(':') ? parseV6(address) : parseV4(address);
  if (bits === null) throw new RangeError(`not an IP address: ${JSON.stringify(address)}`);
  return bits;
}

/** The 32 bits of an IPv4 address as a number, without the cost of a bigint; negative for an IPv6 address. */
export function ipv4Bits(address: IpAddress): number {
  let value = 0;
  let octet = 0;
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index);
    if (code === DOT) {
      value = (value << 8) | octet;
      octet = 0;
    } else if (code >= ZERO && code <= NINE) octet = 10 * octet + code - ZERO;
    else return -1;
  }
  return ((value << 8) | octet) >>> 0;
}

/** The canonical text of an address given as an integer: RFC 5952 for IPv6, and IPv4 for a mapped one. */
export function formatIp(family: IpFamily, bits: bigint): IpAddress {
  if (family === 4) {
    const n = Number(bits);
    return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}` as IpAddress;
  }
  if (bits >> 32n === MAPPED_PREFIX) return formatIp(4, bits & 0xffff_ffffn);
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((bits >> shift) & 0xffffn));
  const gap = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (gap.length < 2) return hex.join(':') as IpAddress;
  const head = hex.slice(0, gap.start).join(':');
  const tail = hex.slice(gap.start + gap.length).join(':');
  return `${head}::${tail}` as IpAddress;
}

/** Orders IPv4 before IPv6, then by number. */
export function compareIps(a: IpAddress, b: IpAddress): number {
  const family = familyOf(a) - familyOf(b);
  if (family !== 0) return family;
  const left = ipToBits(a);
  const right = ipToBits(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function parseV4(text: string): bigint | null {
  if (text.length > 15) return null;
  let value = 0;
  let octet = -1;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      if (digits === 0) return null;
      value = value * 256 + octet;
      dots++;
      octet = -1;
      digits = 0;
      continue;
    }
    if (code < 48 || code > 57) return null;
    if (digits === 1 && octet === 0) return null; // a leading zero is octal to some readers
    octet = digits === 0 ? code - 48 : octet * 10 + code - 48;
    digits++;
    if (digits > 3 || octet > 255) return null;
  }
  return dots === 3 && digits > 0 ? BigInt(value * 256 + octet) : null;
}

function parseV6(text: string): bigint | null {
  if (text.length > 45) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...Array.from({ length: Math.max(missing, 0) }, () => 0), ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

function parseGroups(text: string, mayEndInV4: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const words = text.split(':');
  for (const [index, word] of words.entries()) {
    if (mayEndInV4 && index === words.length - 1 && word.includes('.')) {
      const v4 = parseV4(word);
      if (v4 === null) return null;
      groups.push(Number(v4 >> 16n), Number(v4 & 0xffffn));
    } else if (/^[0-9a-fA-F]{1,4}$/.test(word)) {
      groups.push(Number.parseInt(word, 16));
    } else return null;
  }
  return groups;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (start + length < groups.length && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
