/** Prints every conntrack message of its namespace as hex, unfiltered; on `dump`, the list of entries too. */
import { createInterface } from 'node:readline';
import { Datagrams } from '../../src/conntrack/netlink/datagrams.ts';
import { NetlinkSocket, openRequestSocket } from '../../src/conntrack/netlink/socket.ts';

/** A request to list all entries: struct nlmsghdr (CT_GET, REQUEST | DUMP, sequence 1) and struct nfgenmsg. */
const LIST = Buffer.from('1400000001010103010000000000000000000000', 'hex');

const events = new NetlinkSocket();
events.growBuffer(1 << 22);
events.bind(7);
const datagrams = new Datagrams();
tell({ is: 'ready' });
createInterface(process.stdin).on('line', (line) => {
  const { is } = JSON.parse(line) as { is: string };
  tell({ is: 'done', hex: is === 'dump' ? dump() : drain() });
});

function drain(): string[] {
  const hex: string[] = [];
  for (;;) {
    const received = datagrams.receive(events.fd);
    if (received < 0) return hex;
    for (let i = 0; i < received; i++) {
      const [start, length] = [datagrams.startOf(i), datagrams.lengthOf(i)];
      if (length !== null) hex.push(datagrams.bytes.toString('hex', start, start + length));
    }
  }
}

function dump(): string[] {
  const socket = openRequestSocket();
  const bytes = Buffer.alloc(65_536);
  const hex: string[] = [];
  socket.send(LIST);
  for (;;) {
    const received = socket.receive(bytes);
    if (!('length' in received)) break;
    hex.push(bytes.toString('hex', 0, received.length));
  }
  socket.close();
  return hex;
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
