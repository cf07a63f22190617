/** `replay --include` on the recorded example, whose debug pod scans: what a person takes in, and what stays out. */
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/replay/main.ts';
import type { DraftOutcomeJson } from '../../src/wire/draft-json.ts';
import { EXAMPLE } from './boutique.ts';

const SCANNED = 'workload:shop/Pod/debug -> workload:shop/Deployment/cartservice:7070/tcp';

async function replayed(
  ...argv: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const told = Promise.all([text(stdout), text(stderr)]);
  const io = { stdout, stderr, signal: new AbortController().signal };
  const code = await main([EXAMPLE, '--namespace', 'shop', ...argv], io);
  stdout.end();
  stderr.end();
  const [out, err] = await told;
  return { code, stdout: out, stderr: err };
}

function heldBack(json: string): string[] {
  const { items } = JSON.parse(json) as { items: DraftOutcomeJson[] };
  const held = items.flatMap((item) => (item.kind === 'draft' ? item.heldBack : []));
  return [...new Set(held.map(({ reason, edge }) => `${reason} ${edge}`))];
}

describe('an edge that is held back', () => {
  test('is named, and counted on standard error', async () => {
    const { code, stdout, stderr } = await replayed('-o', 'json');
    expect(code).toBe(0);
    expect(heldBack(stdout)).toContain(`scan ${SCANNED}`);
    expect(stderr).toMatch(/replay: 3 edges held back as quarantined .*--include takes one in/);
    expect(stderr).toMatch(/replay: 0 drafts ready, \d+ incomplete: new-edges \d+, no-start-seen \d+/);
  });

  test('enters JSON and YAML alike when it is taken in, and only it', async () => {
    const json = await replayed('-o', 'json', '--include', SCANNED);
    expect(heldBack(json.stdout)).toHaveLength(2);
    expect(heldBack(json.stdout)).not.toContain(`scan ${SCANNED}`);
    expect(json.stderr).toContain('replay: 2 edges held back');
    const yaml = await replayed('--include', SCANNED);
    expect(yaml.stdout.match(/# caveat taken-in/g)).toHaveLength(2);
  });

  test('that nobody has seen is refused before anything is printed', async () => {
    await expect(replayed('--include', 'nobody')).rejects.toMatchObject({ code: 'unknown-edge' });
  });
});
