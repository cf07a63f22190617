/** The README shows what the demo really prints, and names only what exists. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const readme = readFileSync('README.md', 'utf8');

describe('the README', () => {
  test('shows a draft as the demo prints it', () => {
    const shown = /```yaml\n(?<draft>[^`]+)\n```/.exec(readme)?.groups?.['draft'];
    expect(shown).toContain('# shop/emailservice (Deployment)');
    expect(
      readFileSync('test/golden/online-boutique-shop.yaml', 'utf8')
        .split('---\n')
        .map((draft) => draft.trimEnd()),
    ).toContain(shown);
  });

  test('names only make targets that exist', () => {
    const targets = new Set(
      [...readFileSync('Makefile', 'utf8').matchAll(/^(?<name>[a-z-]+):.*## /gm)].map(
        (match) => match.groups?.['name'],
      ),
    );
    const named = [...readme.matchAll(/^make (?<name>[a-z-]+)/gm)].map((match) => match.groups?.['name']);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !targets.has(name))).toEqual([]);
  });

  test('names only options that replay has', async () => {
    const { parseReplayOptions } = await import('../src/replay/options.ts');
    const help: string[] = [];
    const sink = { write: (text: string) => help.push(text) > 0 } as unknown as NodeJS.WritableStream;
    expect(() => parseReplayOptions(['--help'], { stdout: sink, stderr: sink })).toThrow();
    const table = readme.slice(readme.indexOf('| option of `replay`'), readme.indexOf('Exit codes'));
    const options = [...table.matchAll(/`(?<option>--?[a-z-]+)/g)].map(
      (match) => match.groups?.['option'] ?? '',
    );
    expect(options.length).toBeGreaterThan(7);
    for (const option of options) expect(help.join('')).toContain(option);
  });

  test('links only to files that exist', () => {
    const links = [...readme.matchAll(/\]\((?<link>[^)]+)\)/g)]
      .map((match) => match.groups?.['link'] ?? '')
      .filter((link) => !link.startsWith('http'));
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) expect(readFileSync(link, 'utf8').length).toBeGreaterThan(0);
  });
});
