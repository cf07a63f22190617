/** Finds and reads the files of manifests that a command line names. It opens nothing else and writes nothing. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemError } from '../domain/problem.ts';

export interface ManifestFile {
  /** The path as a person would write it, `<stdin>` for standard input. */
  readonly name: string;
  readonly text: string;
}

export interface ManifestInput {
  readonly stdin: NodeJS.ReadableStream;
  /** Ends the wait for standard input. */
  readonly signal?: AbortSignal;
}

const STDIN = '-';

/** A list of every pod of the largest cluster, some 150,000 at 2 KB each; V8's longest string is 512 MB. */
const MAX_FILE_BYTES = 400 * 1024 * 1024;

const MANIFEST = /\.(ya?ml|json)$/i;

/**
 * The files in the order of `paths`; those of a folder, with all folders below it, by name. What a folder holds besides
 * `.yaml`, `.yml` and `.json` is passed over, as is everything whose name begins with a dot. Throws a ProblemError
 * `no-such-file`, `cannot-read`, `no-manifests` or `usage`.
 */
export async function readManifestFiles(
  paths: readonly string[],
  input: ManifestInput,
): Promise<readonly ManifestFile[]> {
  if (paths.filter((path) => path === STDIN).length > 1) {
    throw new ProblemError('usage', 'Standard input (-) can be read only once.');
  }
  const files: ManifestFile[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    if (path === STDIN) files.push({ name: '<stdin>', text: await readStdin(input) });
    else {
      for (const name of await filesBelow(path)) {
        const real = await realpath(name);
        if (!seen.has(real)) files.push({ name, text: await readText(name) });
        seen.add(real);
      }
    }
  }
  return files;
}

async function filesBelow(path: string): Promise<readonly string[]> {
  const found = await kindOf(path);
  if (found === 'file') return [path];
  const files = await manifestsIn(path, new Set());
  if (files.length > 0) return files;
  throw new ProblemError('no-manifests', `There is no .yaml, .yml or .json file in ${path}.`);
}

async function kindOf(path: string): Promise<'file' | 'folder'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) throw cannotRead(path, error);
    throw new ProblemError('no-such-file', `There is no file or folder ${path}.`);
  }
}

/** A folder that is reached twice, as through a link to one above it, is read once. */
async function manifestsIn(folder: string, seen: Set<string>): Promise<readonly string[]> {
  const real = await realpath(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  const names = await readdir(folder).catch((error: unknown) => {
    throw cannotRead(folder, error);
  });
  const files: string[] = [];
  for (const name of names.filter((each) => !each.startsWith('.')).toSorted()) {
    const path = join(folder, name);
    if ((await kindOf(path)) === 'folder') files.push(...(await manifestsIn(path, seen)));
    else if (MANIFEST.test(name)) files.push(path);
  }
  return files;
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw tooLarge(path);
    return decode(path, await readFile(path));
  } catch (error) {
    throw error instanceof ProblemError ? error : cannotRead(path, error);
  }
}

async function readStdin({ stdin, signal }: ManifestInput): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = () => {
    if ('destroy' in stdin && typeof stdin.destroy === 'function') stdin.destroy(signal?.reason);
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > MAX_FILE_BYTES) throw tooLarge('<stdin>');
      chunks.push(bytes);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  signal?.throwIfAborted();
  return decode('<stdin>', Buffer.concat(chunks));
}

function decode(name: string, bytes: Uint8Array): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const what = isUtf16 ? 'It is UTF-16, as PowerShell writes.' : '';
    throw new ProblemError('not-utf-8', `${name} is not UTF-8 text.`, {
      hint: `${what} Save it as UTF-8.`.trim(),
      cause: error,
    });
  }
}

function tooLarge(name: string): ProblemError {
  return new ProblemError('cannot-read', `${name} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB.`, {
    hint: 'Give it in parts, or fewer kinds of objects.',
  });
}

function cannotRead(path: string, error: unknown): ProblemError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ProblemError('cannot-read', `Cannot read ${path}: ${reason}`, { cause: error });
}
