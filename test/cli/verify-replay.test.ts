/** The demo as people run it: `netscribe replay DIR --listen` serves the API that `netscribe verify` asks. */
import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { main as replay } from '../../src/replay/main.ts';
import { answerOf, runVerify } from './run-verify.ts';

/** The first match in what is written to the stream. */
function awaitText(stream: PassThrough, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += String(chunk);
      const [found] = pattern.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
    stream.on('end', () => reject(new Error(`ended without ${String(pattern)}: ${text}`)));
  });
}

test('verify asks a replayed capture: its drafts break nothing, in one namespace and in all', async () => {
  const stop = new AbortController();
  const stderr = new PassThrough();
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
  const url = awaitText(stderr, /http:\/\/127\.0\.0\.1:[0-9]+/);
  const served = replay(['examples/online-boutique', '--listen', '127.0.0.1:0'], {
    stdout,
    stderr,
    signal: stop.signal,
  });
  try {
    const server = await Promise.race([url, served.then((code) => `ended with ${code}`)]);
    const all = await runVerify(['--server', server, '--drafts', '-o', 'json']);
    expect([all.code, all.stderr]).toEqual([0, '']);
    expect(answerOf(all).summary).toMatchObject({ wouldBreak: 0, deniedBefore: 0, unjudged: 0 });
    expect(answerOf(all).summary.allowed).toBeGreaterThan(30);
    const shop = await runVerify(['--server', server, '--drafts', '-n', 'shop']);
    expect(shop.stdout).toMatch(/Would break nothing that was recorded\.\n$/);
  } finally {
    stop.abort();
    await served;
  }
});
