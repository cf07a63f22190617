/**
 * The least that reading events can cost a process of Node's: the agent's socket, filter and pauses, and nothing done with
 * what is received but to count it. Says how many events there were so far when asked by a line on its input.
 */
import { createInterface } from 'node:readline';
import { GROUP } from '../../src/conntrack/netlink/ctnetlink.ts';
import { Datagrams } from '../../src/conntrack/netlink/datagrams.ts';
import { drainDelayMs } from '../../src/conntrack/netlink/drain-delay.ts';
import { eventFilter } from '../../src/conntrack/netlink/event-filter.ts';
import { NetlinkSocket } from '../../src/conntrack/netlink/socket.ts';

const socket = new NetlinkSocket();
socket.growBuffer(32 * 1024 * 1024);
socket.attachFilter(eventFilter());
socket.bind(GROUP.NEW | GROUP.UPDATE);
const datagrams = new Datagrams();
let events = 0;
let lookedAt = performance.now();

look();
tell({ is: 'ready', pid: process.pid });
createInterface(process.stdin).on('line', () => tell({ is: 'done', events }));

function look(): void {
  const before = events;
  for (let received = 0; received >= 0; received = datagrams.receive(socket.fd)) events += received;
  const now = performance.now();
  setTimeout(look, drainDelayMs(events - before, now - lookedAt));
  lookedAt = now;
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
