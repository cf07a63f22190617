/** Runs the pinned helm on the chart, without a cluster and with homes of its own. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

export const ROOT = path.join(import.meta.dirname, '..', '..');
export const CHART = path.join(ROOT, 'helm', 'netscribe');

/** What a test reads of an object: fields are looked at one by one. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export interface HelmRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export function helm(...args: string[]): HelmRun {
  const { status, stdout, stderr, error } = spawnSync(path.join(ROOT, 'tools', 'helm.sh'), args, {
    encoding: 'utf8',
    cwd: ROOT,
    // Without a kubeconfig and out of any cluster: a chart that asks one for anything fails.
    env: { PATH: process.env['PATH'], KUBECONFIG: '/dev/null' },
  });
  if (error) throw error;
  return { code: status ?? -1, out: stdout, err: stderr };
}

/** The manifest that helm prints; throws what it complains of. */
export function template(...args: string[]): string {
  const { code, out, err } = helm('template', 'netscribe', CHART, '--namespace', 'netscribe', ...args);
  if (code !== 0) throw new Error(err);
  return out;
}

export function objectsOf(manifest: string): KubeObject[] {
  return parseAllDocuments(manifest)
    .map((document) => {
      if (document.errors.length > 0) throw new Error(String(document.errors[0]));
      return document.toJS() as KubeObject | null;
    })
    .filter((object) => object !== null);
}

/** The chart's example values by name: `default`, `given-tls`. Each is an argument of `template`. */
export const EXAMPLES: ReadonlyMap<string, string> = new Map(
  readdirSync(path.join(CHART, 'ci'))
    .filter((file) => file.endsWith('-values.yaml'))
    .toSorted()
    .map((file) => [file.replace('-values.yaml', ''), `--values=${path.join(CHART, 'ci', file)}`]),
);

const rendered = new Map<string, KubeObject[]>();

/** The objects of one of the chart's examples, test pod included; rendered once in a test file. */
export function example(name: string): readonly KubeObject[] {
  const known = rendered.get(name);
  if (known !== undefined) return known;
  const values = EXAMPLES.get(name);
  if (values === undefined) throw new RangeError(`no example ${name}`);
  const objects = objectsOf(template(values));
  rendered.set(name, objects);
  return objects;
}

/** The one object of a kind, by the end of its name. */
export function the(objects: readonly KubeObject[], kind: string, ending = ''): KubeObject {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name.endsWith(ending));
  if (found.length !== 1 || found[0] === undefined) {
    throw new RangeError(`${found.length} objects of kind ${kind} end in ${JSON.stringify(ending)}`);
  }
  return found[0];
}
