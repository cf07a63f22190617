// The smallest DNS that real clients and servers can speak: one question, at most one address in the answer (RFC 1035, RFC 3596).
// It never follows compression pointers in questions and never answers anything but A and AAAA.

/** The two address records the lab asks for. */
export type RecordType = 'A' | 'AAAA';

/** One decoded question. `name` is lower case without the final dot. */
export interface DnsQuestion {
  readonly id: number;
  readonly name: string;
  readonly type: RecordType;
}

const TYPE_NUMBERS: Readonly<Record<RecordType, number>> = { A: 1, AAAA: 28 };
const CLASS_IN = 1;
const HEADER_BYTES = 12;

/** The wire bytes of a recursive query. `id` is 0..65535. */
export function encodeQuery(question: DnsQuestion): Buffer {
  return Buffer.concat([header(question.id, 0x0100, 0), encodeQuestion(question)]);
}

/** The wire bytes of the answer to `question`; without an address it is NXDOMAIN. */
export function encodeAnswer(question: DnsQuestion, address: string | undefined): Buffer {
  if (address === undefined) return Buffer.concat([header(question.id, 0x8183, 0), encodeQuestion(question)]);
  const bytes = addressBytes(address);
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc00c, 0); // The name is that of the question, at offset 12.
  record.writeUInt16BE(TYPE_NUMBERS[question.type], 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(30, 6); // Seconds to live, as CoreDNS gives for cluster names.
  record.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([header(question.id, 0x8180, 1), encodeQuestion(question), record, bytes]);
}

/** The question of a query or an answer. */
export function decodeQuestion(message: Buffer): DnsQuestion {
  const { name, end } = readName(message);
  const type = message.readUInt16BE(end) === TYPE_NUMBERS.AAAA ? 'AAAA' : 'A';
  return { id: message.readUInt16BE(0), name, type };
}

/** The one address of an answer in text form, or undefined when the name does not exist. */
export function decodeAnswer(message: Buffer): string | undefined {
  if (message.readUInt16BE(6) === 0) return undefined;
  const recordStart = readName(message).end + 4;
  const bytes = message.subarray(recordStart + 12, recordStart + 12 + message.readUInt16BE(recordStart + 10));
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return groups.join(':');
}

function header(id: number, flags: number, answers: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(flags, 2);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(answers, 6);
  return bytes;
}

function encodeQuestion(question: DnsQuestion): Buffer {
  const labels = question.name
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const tail = Buffer.alloc(5); // The root label, then type and class.
  tail.writeUInt16BE(TYPE_NUMBERS[question.type], 1);
  tail.writeUInt16BE(CLASS_IN, 3);
  return Buffer.concat([...labels, tail]);
}

function readName(message: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail.split(':').filter(Boolean);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...left, ...zeros, ...right].entries())
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return bytes;
}
