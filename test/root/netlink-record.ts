/**
 * Records the samples of test/conntrack/netlink/samples: the messages of a real kernel beside what the `conntrack` tool
 * prints of the same events. Run as root: `node test/root/netlink-record.ts`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MASQUERADED_PORT, NetlinkLab, SERVER, SERVICE, ZONED_PORT } from './netlink-lab.ts';

const samples = path.join(import.meta.dirname, '..', 'conntrack', 'netlink', 'samples');
mkdirSync(samples, { recursive: true });
const lab = new NetlinkLab();
try {
  lab.up();
  lab.setting('nf_conntrack_acct', 1);
  lab.setting('nf_conntrack_timestamp', 1);
  await record();
} finally {
  await lab.down();
}

async function record(): Promise<void> {
  const [client, server] = [
    await lab.script('client', 'netlink-peer.ts'),
    await lab.script('server', 'netlink-peer.ts'),
  ];
  for (const port of [8080, MASQUERADED_PORT, 7000, ZONED_PORT]) await server.ask({ is: 'listen', port });
  await server.ask({ is: 'serve-udp', port: 5353 });
  await server.ask({ is: 'ignore-udp', port: 5354 });
  const raw = await lab.script('node', 'netlink-raw.ts');
  const tool = spawn('ip', ['netns', 'exec', lab.names.node, 'conntrack', '-E', '-o', 'timestamp,id']);
  let text = '';
  tool.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  // Both must listen before the first packet: the tool does not say when it does.
  await delay(500);
  await raw.ask({ is: 'drain' });

  for (const [host, port] of [
    [SERVER.v4, 8080],
    [SERVER.v4, 81],
    [SERVER.v6, 8080],
    [SERVICE, 80],
    [SERVER.v4, MASQUERADED_PORT],
    [SERVER.v4, ZONED_PORT],
  ] as const)
    await client.ask({ is: 'dial', host, port });
  await client.ask({ is: 'ask-udp', host: SERVER.v4, port: 5353 });
  await client.ask({ is: 'ask-udp', host: SERVER.v6, port: 5353 });
  await client.ask({ is: 'send-udp', host: SERVER.v4, port: 5354, count: 1 });
  // ICMP, whose entries are left out.
  execFileSync('ip', ['netns', 'exec', lab.names.client, 'ping', '-q', '-c', '1', SERVER.v4]);
  await client.ask({ is: 'hold', host: SERVER.v4, port: 7000 });
  lab.inNode('conntrack', ['-D', '-p', 'tcp', '--orig-port-dst', '7000']);
  await server.ask({ is: 'speak' });
  const list = lab.inNode('conntrack', ['-L', '-o', 'id']);
  const dump = (await raw.ask({ is: 'dump' }))['hex'] as string[];
  lab.inNode('conntrack', ['-F']);
  await delay(500);
  const events = (await raw.ask({ is: 'drain' }))['hex'] as string[];
  tool.kill();
  for (const [name, lines] of [
    ['events.hex', events],
    ['dump.hex', dump],
  ] as const)
    writeFileSync(path.join(samples, name), `${lines.join('\n')}\n`);
  writeFileSync(path.join(samples, 'events.txt'), text);
  writeFileSync(path.join(samples, 'dump.txt'), list);
}
