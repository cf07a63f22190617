/**
 * Runs the fake API server as a process: `node test/fake-api-server/main.ts --listen 127.0.0.1:0`. It prints one JSON line
 * when it serves, obeys `POST /__control`, and ends on SIGTERM or SIGINT.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { attachControl } from './control.ts';
import { FakeApiServer } from './server.ts';

const { values } = parseArgs({
  options: {
    listen: { type: 'string', default: '127.0.0.1:0' },
    token: { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    'client-ca': { type: 'string' },
    'bookmark-ms': { type: 'string', default: '60000' },
  },
});

const address = /^\[?(.+?)\]?:(\d+)$/.exec(values.listen);
if (address === null) throw new Error(`--listen ${values.listen} is not HOST:PORT`);
const { 'tls-cert': cert, 'tls-key': key, 'client-ca': clientCa } = values;
const server = new FakeApiServer({
  bookmarkMs: Number(values['bookmark-ms']),
  ...(values.token === undefined ? {} : { token: values.token }),
  ...(cert === undefined || key === undefined
    ? {}
    : {
        tls: {
          cert: readFileSync(cert, 'utf8'),
          key: readFileSync(key, 'utf8'),
          ...(clientCa === undefined ? {} : { clientCa: readFileSync(clientCa, 'utf8') }),
        },
      }),
});
attachControl(server);
const url = await server.listen(address[1], Number(address[2]));
process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.close());
