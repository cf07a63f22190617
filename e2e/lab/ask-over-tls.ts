// node e2e/lab/ask-over-tls.ts URL CA-FILE [TOKEN-FILE]: one GET over TLS; prints its status and body as one JSON object.
import { readFileSync } from 'node:fs';
import { get } from 'node:https';

const [url = '', caFile = '', tokenFile = ''] = process.argv.slice(2);
const headers = tokenFile === '' ? {} : { authorization: `Bearer ${readFileSync(tokenFile, 'utf8')}` };

get(url, { ca: readFileSync(caFile), headers, timeout: 10_000 }, (response) => {
  let body = '';
  response.setEncoding('utf8').on('data', (text: string) => (body += text));
  response.on('end', () => process.stdout.write(JSON.stringify({ status: response.statusCode, body })));
});
