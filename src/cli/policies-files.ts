/** Writes one file per policy. It deletes nothing, and writes only below the folder it was given. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemError } from '../domain/problem.ts';
import { makeFolder } from '../runtime/make-folder.ts';
import type { Manifest } from './yaml-documents.ts';

/** The names of Kubernetes objects (RFC 1123 subdomain): nothing that could lead out of a folder. */
const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * Writes `NAMESPACE.NAME.yaml` or `.json` below `folder`, which is made when it is missing, and returns the paths.
 * A namespace has no dot, so no two policies share a file. Throws a ProblemError `cannot-write`.
 */
export async function writeManifests(
  folder: string,
  manifests: readonly Manifest[],
  extension: 'yaml' | 'json',
): Promise<readonly string[]> {
  const files = manifests.map((manifest) => ({
    path: join(folder, `${safe(manifest.namespace)}.${safe(manifest.name)}.${extension}`),
    text: manifest.text,
  }));
  try {
    makeFolder(folder, 0o777);
    for (const { path, text } of files) await writeFile(path, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProblemError('cannot-write', `Cannot write policies to ${folder}: ${reason}`, {
      hint: 'Give --out a folder that this user may write to.',
      cause: error,
    });
  }
  return files.map(({ path }) => path);
}

function safe(name: string): string {
  if (OBJECT_NAME.test(name)) return name;
  throw new ProblemError(
    'not-a-netscribe-server',
    `The server named a policy ${JSON.stringify(name)}, which Kubernetes would not.`,
  );
}
