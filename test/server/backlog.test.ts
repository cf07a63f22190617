/** A backlog is attributed in several commits, each whole: wherever the process dies, nothing is lost and nothing counts twice. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Ledger } from '../../src/server/ledger.ts';
import { ListeningPorts } from '../../src/server/listening.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { scratchDirectory } from '../store/samples.ts';
import { backlog, DUE, knowledge } from './backlog-world.ts';

let scratch: ReturnType<typeof scratchDirectory>;
beforeEach(() => {
  scratch = scratchDirectory();
});
afterEach(() => scratch.remove());

function attributeAll(store: Store): number {
  return new Ledger(store, new ListeningPorts()).attributePending(knowledge(), DUE);
}

/** All that is known once everything is attributed. */
function known(store: Store): unknown {
  return {
    edges: store.edges.all(),
    evidence: store.edges.all().map((edge) => store.edges.evidenceOf(edge)),
    unattributed: store.unattributed.list(),
    windows: store.nodeWindows.list(),
    counts: store.inbox.counts(),
  };
}

test('a process killed in any commit of a backlog leaves what one that lived leaves', () => {
  const given = backlog();
  const undisturbed = openStore(':memory:');
  undisturbed.inbox.accept(given);
  let commits = 0;
  const ledger = new Ledger(undisturbed, new ListeningPorts());
  for (let isAll = false; !isAll; commits++) ({ isAll } = ledger.attributeSome(knowledge(), DUE));
  const expected = known(undisturbed);
  undisturbed.close();
  expect(commits).toBeGreaterThan(2);
  expect(expected).toMatchObject({ counts: { accepted: given.length, pending: 0 } });

  const file = scratch.file('netscribe.db');
  const before = openStore(file);
  before.inbox.accept(given);
  before.close();
  let pending = given.length;
  for (const where of ['within', 'after', 'before', 'after']) {
    const script = path.join(import.meta.dirname, 'attribute-backlog-and-die.ts');
    const child = spawnSync(process.execPath, [script, file, '1', where], { encoding: 'utf8' });
    expect(child.stderr).toBe('');
    // Windows ends a process without a signal's name.
    expect(child.signal ?? child.status).not.toBe(0);
    const after = openStore(file);
    const left = after.inbox.counts().pending;
    after.close();
    if (where === 'after') expect(left).toBeLessThan(pending);
    else expect(left).toBe(pending);
    pending = left;
  }
  expect(pending).toBeGreaterThan(0);
  const survivor = openStore(file);
  expect(attributeAll(survivor)).toBe(pending);
  expect(known(survivor)).toEqual(expected);
  survivor.close();
});

test('in any order of coming, attributed as it comes or at once, a backlog is the same', () => {
  const given = backlog();
  const atOnce = openStore(':memory:');
  atOnce.inbox.accept(given);
  attributeAll(atOnce);
  const piecewise = openStore(':memory:');
  const shuffled = given.map((_, index) => given[(index * 37) % given.length] ?? given[0]);
  for (let first = 0; first < shuffled.length; first += 100) {
    piecewise.inbox.accept(shuffled.slice(first, first + 100).filter((each) => each !== undefined));
    attributeAll(piecewise);
  }
  expect(piecewise.edges.all()).toEqual(atOnce.edges.all());
  expect(piecewise.nodeWindows.list()).toEqual(atOnce.nodeWindows.list());
  expect(piecewise.inbox.counts()).toEqual({ accepted: given.length, pending: 0 });
  piecewise.close();
  atOnce.close();
});
