/** A DNS server that knows one name: enough to see that a process without any system around it asks one. */
import dgram from 'node:dgram';

const TYPE_A = 1;
const HEADER_BYTES = 12;

export interface NameServer {
  /** Names asked for, as often as they were. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Answers 127.0.0.1 to questions for `name` (A), nothing to others (RFC 1035). Listens on 127.0.0.1:53. */
export async function startNameServer(name: string): Promise<NameServer> {
  const socket = dgram.createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, { port, address }) => {
    const question = questionOf(query);
    if (question === null) return;
    asked.push(question.name);
    const hasAnswer = question.name === name && question.type === TYPE_A;
    const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, hasAnswer ? 1 : 0, 0, 0, 0, 0]);
    query.copy(header, 0, 0, 2);
    // A pointer to the name in the question, type A, class IN, 5 s to live, four bytes.
    const answer = hasAnswer ? [0xc0, HEADER_BYTES, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 127, 0, 0, 1] : [];
    socket.send(Buffer.concat([header, question.bytes, Buffer.from(answer)]), port, address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(53, '127.0.0.1', resolve);
  });
  return { asked, close: () => new Promise((resolve) => socket.close(() => resolve())) };
}

/** The first question; null for what is cut short. */
function questionOf(query: Buffer): { name: string; type: number; bytes: Buffer } | null {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  if (query.length < at + 5) return null;
  return {
    name: labels.join('.'),
    type: query.readUInt16BE(at + 1),
    bytes: query.subarray(HEADER_BYTES, at + 5),
  };
}
