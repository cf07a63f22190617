/** Address ranges by name, from a file that a person keeps: YAML or JSON, `payments: [198.51.100.0/24]`. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { parseCidr } from '../domain/cidr.ts';
import { ProblemError } from '../domain/problem.ts';

/** Bytes, lists, and blocks of one list: more is no list that a person keeps. */
const MAX_BYTES = 1_000_000;
const MAX_LISTS = 1000;
const MAX_BLOCKS = 10_000;
const MAX_NAME_CHARS = 63;
/** Problems told at once. */
const MAX_TOLD = 10;

export type NamedRangesFile = Readonly<Record<string, readonly string[]>>;

/** Throws a ProblemError `bad-named-ranges` that tells every problem with its place. */
export async function readNamedRanges(path: string): Promise<NamedRangesFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw wrong(path, [error instanceof Error ? error.message : String(error)]);
  }
  if (text.length > MAX_BYTES) throw wrong(path, [`it is larger than ${MAX_BYTES} bytes`]);
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw wrong(path, [error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)]);
  }
  const { ranges, problems } = rangesIn(value);
  if (problems.length > 0) throw wrong(path, problems);
  return ranges;
}

function rangesIn(value: unknown): { ranges: NamedRangesFile; problems: string[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ranges: {}, problems: ['it is not a map of names to lists of CIDRs'] };
  const lists: readonly (readonly [string, unknown])[] = Object.entries(value);
  const problems: string[] = [];
  if (lists.length > MAX_LISTS) problems.push(`it has more than ${MAX_LISTS} lists`);
  const ranges = new Map<string, string[]>();
  for (const [name, given] of lists) {
    if (!/^[\w][\w .:/()-]*$/.test(name) || name.length > MAX_NAME_CHARS)
      problems.push(
        `${JSON.stringify(name)} is no name: letters, digits, spaces and ._:/()-, at most ${MAX_NAME_CHARS}`,
      );
    const blocks: readonly unknown[] = Array.isArray(given) ? given : [];
    if (blocks.length === 0 || blocks.length > MAX_BLOCKS)
      problems.push(`${JSON.stringify(name)} is not a list of 1 to ${MAX_BLOCKS} CIDRs`);
    const texts = blocks.filter((block) => typeof block === 'string');
    for (const block of blocks)
      if (typeof block !== 'string' || parseCidr(block) === null)
        problems.push(`${JSON.stringify(name)}: ${JSON.stringify(block)} is not a CIDR`);
    ranges.set(name, texts);
  }
  return { ranges: Object.fromEntries(ranges), problems };
}

function wrong(path: string, problems: readonly string[]): ProblemError {
  const told = problems.slice(0, MAX_TOLD);
  const more = problems.length > told.length ? [`and ${problems.length - told.length} more`] : [];
  return new ProblemError('bad-named-ranges', `${path}: ${[...told, ...more].join('\n  ')}`, {
    hint: 'for example\n  payments: [198.51.100.0/24]\n  office:\n    - 203.0.113.8/29',
  });
}
