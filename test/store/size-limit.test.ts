import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { batch, evidence, scratchDirectory, workload, NOW } from './samples.ts';

const LIMIT_BYTES = 400_000;

let scratch: ReturnType<typeof scratchDirectory>;
beforeEach(() => {
  scratch = scratchDirectory();
});
afterEach(() => scratch.remove());

/** Records one new edge a call until the store refuses; returns what it threw and how many calls it took. */
function fill(store: Store): { readonly thrown: unknown; readonly recorded: number } {
  for (let recorded = 0; recorded < 20_000; recorded++) {
    try {
      store.edges.record([evidence({ client: workload(`shop/client-${recorded}`) })]);
    } catch (thrown) {
      return { thrown, recorded };
    }
  }
  throw new Error('the limit was never reached');
}

test('a store at its size limit says so, keeps all it had, and works again when the limit is raised', () => {
  const file = scratch.file('netscribe.db');
  const store = openStore(file, { maxBytes: LIMIT_BYTES });
  const { thrown, recorded } = fill(store);
  expect(thrown).toMatchObject({ name: 'ProblemError', code: 'disk-full' });
  expect(thrown).toHaveProperty('message', expect.stringContaining(file));
  expect(recorded).toBeGreaterThan(100);
  expect(store.edges.all()).toHaveLength(recorded);
  store.close();

  const reopened = openStore(file);
  expect(reopened.edges.all()).toHaveLength(recorded);
  reopened.edges.record([evidence({ client: workload('shop/one-more') })]);
  expect(reopened.edges.all()).toHaveLength(recorded + 1);
  reopened.close();
});

test('what does not fit is rolled back whole', () => {
  const store = openStore(':memory:', { maxBytes: LIMIT_BYTES });
  store.inbox.accept([batch(1)]);
  const many = Array.from({ length: 5_000 }, (_, index) =>
    evidence({ client: workload(`shop/client-${index}`) }),
  );
  const attribute = () =>
    store.transaction(() => {
      store.inbox.markAttributed([batch(1)]);
      store.edges.record(many);
    });
  expect(attribute).toThrow(expect.objectContaining({ code: 'disk-full' }));
  expect(store.edges.all()).toEqual([]);
  expect(store.inbox.pending(10, NOW)).toEqual([batch(1)]);
  store.edges.record(many.slice(0, 10));
  expect(store.edges.all()).toHaveLength(10);
  store.close();
});
