/** A CA file without a certificate: to TLS it would be no choice at all, and the system's authorities would count. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ServerAuthority } from '../../src/agent/server-authority.ts';

test.each([
  ['an empty file', ''],
  ['a blank file', '\n'],
  ['a file of something else', 'hello'],
])('%s is no authority, given or pinned', async (_what, text) => {
  const folder = mkdtempSync(join(tmpdir(), 'netscribe-ca-'));
  const file = join(folder, 'ca.crt');
  writeFileSync(file, text);
  const server = new URL('https://127.0.0.1:1');
  for (const trust of [{ kind: 'file', file } as const, { kind: 'pin', file, sha256: null } as const])
    await expect(new ServerAuthority(trust, server).current(new AbortController().signal)).rejects.toThrow(
      file,
    );
  rmSync(folder, { recursive: true });
});
