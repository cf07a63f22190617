/** Files of probes: one JSON object a line, `{client, server, protocol, port, seenAs?}`. */
import { z } from 'zod';
import { ProblemError } from '../domain/problem.ts';
import { PROTOCOLS, parseProtocol } from '../domain/protocol.ts';
import { nearestNames } from '../runtime/nearest-names.ts';
import type { ManifestDirectory } from './manifest-directory.ts';
import type { ManifestFile } from './manifest-files.ts';
import { parseSeenAs } from './probe.ts';
import type { Probe } from './probe.ts';

const FIELDS = ['client', 'server', 'protocol', 'port', 'seenAs'];

const END = 'must be a workload, a pod or an IP address';
const PROTOCOL = 'must be tcp, udp or sctp';
const PORT = 'must be a whole number from 1 to 65535';

const probeLine = z.strictObject(
  {
    client: z.string(END),
    server: z.string(END),
    protocol: z.string(PROTOCOL).transform(parseProtocol).pipe(z.enum(PROTOCOLS, PROTOCOL)),
    port: z.int(PORT).min(1, PORT).max(65_535, PORT),
    seenAs: z.string('must be an IP address').nullish(),
  },
  'must be an object',
);

/** Blank lines are passed over. Throws a ProblemError `invalid-probe` that lists every bad line, one a line. */
export function readProbes(file: ManifestFile, directory: ManifestDirectory): Probe[] {
  const probes: Probe[] = [];
  const problems: string[] = [];
  for (const [index, line] of file.text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const read = readProbe(line, directory);
    if (typeof read === 'string') problems.push(`${file.name}:${index + 1}: ${read}`);
    else probes.push(read);
  }
  if (problems.length === 0) return probes;
  const [only] = problems;
  if (problems.length === 1 && only !== undefined) throw new ProblemError('invalid-probe', only);
  const told = problems.slice(0, 1000).map((problem) => `\n  ${problem}`);
  throw new ProblemError('invalid-probe', `${problems.length} problems in probes:${told.join('')}`);
}

function readProbe(line: string, directory: ManifestDirectory): Probe | string {
  const parsed = parseJson(line);
  if (parsed === undefined) return 'not a JSON object on a line of its own';
  const result = probeLine.safeParse(parsed);
  if (!result.success) return result.error.issues.map(sayIssue).join('; ');
  const { client, server, protocol, port, seenAs } = result.data;
  try {
    return {
      client: directory.end(client),
      server: directory.end(server),
      protocol,
      port,
      seenAs: seenAs === null || seenAs === undefined ? null : parseSeenAs(seenAs),
      asked: { client, server },
    };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return `${error.message}${error.hint === null ? '' : ` ${error.hint}`}`;
  }
}

function sayIssue(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return `${issue.path.join('.') || 'line'}: ${issue.message}`;
  return issue.keys
    .map((key) => `${key}: unknown field; nearest: ${nearestNames(key, FIELDS)[0]}`)
    .join('; ');
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
