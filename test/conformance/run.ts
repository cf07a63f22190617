/**
 * Judges every probe of the upstream end-to-end tests with the parser and the evaluator, prints each mismatch with the
 * policies that decided, and ends with `conformance: 500 of 500`. Exits with 1 on a mismatch, with 2 without the data,
 * whose file is the first argument; by default it lies beside the project.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { judgeCase } from './judge.ts';
import { parseTruth } from './truth.ts';

const BESIDE_THE_PROJECT = '../shared/testdata/k8s-e2e-truth.json';

const [given] = process.argv.slice(2);
process.exitCode = run(
  given ?? path.relative('.', path.join(import.meta.dirname, '../..', BESIDE_THE_PROJECT)),
);

function run(file: string): number {
  const text = read(file);
  const truth = text === null ? { problem: 'it cannot be read' } : parseTruth(text);
  if ('problem' in truth) {
    process.stderr.write(
      `conformance: ${file} holds no truth data: ${truth.problem}. Name the file: make conformance TRUTH=FILE\n`,
    );
    return 2;
  }
  const outcomes = truth.cases.map(judgeCase);
  for (const { mismatches } of outcomes) process.stdout.write(mismatches.join(''));
  const met = outcomes.reduce((sum, outcome) => sum + outcome.met, 0);
  const probes = outcomes.reduce((sum, outcome) => sum + outcome.probes, 0);
  process.stdout.write(`conformance: ${met} of ${probes}\n`);
  return met === probes && probes > 0 ? 0 : 1;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
