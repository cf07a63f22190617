/** Finds the files of a capture (docs/capture.md) and says what is wrong with a folder that is not one. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemError } from '../domain/problem.ts';
import { compareText } from '../domain/text-order.ts';

export interface Snapshot {
  readonly file: string;
  /** Unix ms, from the name. */
  readonly at: number;
}

export interface NodeFiles {
  readonly node: string;
  /** `conntrack -E` output; null when only dumps were taken. */
  readonly events: string | null;
  readonly dumps: readonly Snapshot[];
}

export interface CaptureFolder {
  readonly directory: string;
  /** Sorted by node name. */
  readonly nodes: readonly NodeFiles[];
  readonly watch: string | null;
  readonly lists: readonly Snapshot[];
  /** Bytes that a replay reads of the nodes' files: each once to know it again, once for its records. */
  readonly totalBytes: number;
}

const HOW_TO =
  'docs/capture.md says how to record one: DIR/nodes/<node>/events.txt and dump-<unix seconds>.txt, DIR/cluster/watch.jsonl or <name>-<unix seconds>.json';

/** Throws a ProblemError `not-a-capture` naming what is missing. */
export async function openCapture(directory: string): Promise<CaptureFolder> {
  const top = await names(directory, `${directory} is not a folder that can be read`);
  for (const needed of ['nodes', 'cluster']) {
    if (!top.includes(needed)) throw notACapture(`${directory} has no folder "${needed}"`);
  }
  const nodeNames = await names(join(directory, 'nodes'), `${join(directory, 'nodes')} cannot be read`);
  const nodes = await Promise.all(nodeNames.map((node) => nodeFiles(directory, node)));
  const seeing = nodes.filter((node) => node.events !== null || node.dumps.length > 0);
  if (seeing.length === 0)
    throw notACapture(`${join(directory, 'nodes')} has no node folder with an events.txt or a dump`);
  const clusterFolder = join(directory, 'cluster');
  const clusterNames = await names(clusterFolder, `${clusterFolder} cannot be read`);
  const watch = clusterNames.includes('watch.jsonl') ? join(clusterFolder, 'watch.jsonl') : null;
  const lists = clusterNames
    .filter((name) => name.endsWith('.json'))
    .map((name) => snapshot(clusterFolder, name));
  if (watch === null && lists.length === 0)
    throw notACapture(`${clusterFolder} has neither watch.jsonl nor a List`);
  const files = seeing
    .flatMap((node) => [node.events, ...node.dumps.map((dump) => dump.file)])
    .filter((file) => file !== null);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return {
    directory,
    nodes: seeing,
    watch,
    lists: lists.toSorted((a, b) => a.at - b.at),
    totalBytes: 2 * sizes.reduce((sum, size) => sum + size, 0),
  };
}

async function nodeFiles(directory: string, node: string): Promise<NodeFiles> {
  const folder = join(directory, 'nodes', node);
  const files = await names(folder, `${folder} is not a folder`);
  const dumps = files.filter((name) => name.startsWith('dump')).map((name) => snapshot(folder, name));
  return {
    node,
    events: files.includes('events.txt') ? join(folder, 'events.txt') : null,
    dumps: dumps.toSorted((a, b) => a.at - b.at),
  };
}

/** Neither `conntrack -L` nor `kubectl get` prints when it ran, so the file's name has to. */
function snapshot(folder: string, name: string): Snapshot {
  const file = join(folder, name);
  const digits = /-(\d{9,11})\.[a-z]+$/.exec(name)?.[1];
  if (digits === undefined)
    throw new ProblemError('snapshot-without-time', `${file} does not say in its name when it was taken`, {
      hint: 'name it like pods-1795295382.json or dump-1795295382.txt (date +%s prints the number)',
    });
  return { file, at: Number(digits) * 1000 };
}

async function names(folder: string, otherwise: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).toSorted(compareText);
  } catch (error) {
    throw new ProblemError('not-a-capture', otherwise, { hint: HOW_TO, cause: error });
  }
}

function notACapture(what: string): ProblemError {
  return new ProblemError('not-a-capture', what, { hint: HOW_TO });
}
