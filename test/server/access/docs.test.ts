/** docs/configuration.md and docs/security.md say what there is: every option with its default, every bad request of `make hostile`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { OPTIONS, OPTION_NAMES } from '../../../src/agent/option-table.ts';
import { parseServerOptions } from '../../../src/server/options.ts';
import { BODY_CASES } from '../../hostile/body-cases.ts';
import { CONNECTION_CASES, PACE_CASES } from '../../hostile/connection-cases.ts';
import { HTTP_CASES } from '../../hostile/http-cases.ts';
import { PEOPLE_CASES } from '../../hostile/people-cases.ts';
import { TOKEN_CASES } from '../../hostile/token-cases.ts';

const CASES = [
  ...TOKEN_CASES,
  ...BODY_CASES,
  ...HTTP_CASES,
  ...PEOPLE_CASES,
  ...CONNECTION_CASES,
  ...PACE_CASES,
];

/** Without what the formatter puts between the cells of a table. */
function documentText(name: string): string {
  const file = path.join(import.meta.dirname, '..', '..', '..', 'docs', name);
  return readFileSync(file, 'utf8').replaceAll(/ +/g, ' ');
}

function serverHelp(): string {
  const stdout = new PassThrough();
  expect(() => parseServerOptions(['--help'], { stdout, stderr: stdout })).toThrow();
  return String(stdout.read());
}

test('every option of the server is there with its default and its words', () => {
  const configuration = documentText('configuration.md');
  const lines = serverHelp()
    .split('\n')
    .flatMap((line) => {
      const found = /^ {2}(--[a-z-]+)(?: <([^>]+)>)? {2,}(.*?)(?: \(default: "?(.*?)"?\))?$/.exec(line);
      return found === null ? [] : [found.slice(1)];
    });
  expect(lines.length).toBeGreaterThan(20);
  for (const [name, value = '', help, fallback = ''] of lines) {
    const given = fallback === '' || fallback === '[]' ? '' : `\`${fallback}\``;
    expect(configuration).toContain(
      `| \`${`${name} ${value}`.trim()}\` | ${given} | ${help} |`.replaceAll(/ +/g, ' '),
    );
  }
});

test('every option of the agent is there with its default and its words', () => {
  const configuration = documentText('configuration.md');
  for (const name of OPTION_NAMES) {
    const { value, fallback, help } = OPTIONS[name];
    const given = fallback === undefined ? '' : `\`${fallback}\``;
    expect(configuration).toContain(
      `| \`${`--${name} ${value}`.trim()}\` | ${given} | ${help} |`.replaceAll(/ +/g, ' '),
    );
  }
});

test('every bad request is there with an answer that is expected of it, and no other', () => {
  const lines = documentText('security.md').split('\n');
  const printed = lines.filter((line) => line.startsWith('ok '));
  for (const { title, expected } of CASES) {
    const rows = new Set(expected.map((answer) => `ok ${title} ${answer}`.replaceAll(/ +/g, ' ')));
    expect(
      printed.filter((line) => rows.has(line)),
      title,
    ).toHaveLength(1);
  }
  expect(printed).toHaveLength(CASES.length);
  expect(lines).toContain(`hostile: ${CASES.length} requests, 0 unexpected`);
});
