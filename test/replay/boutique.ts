/** The recorded example through the real pipeline, into a real database file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCapture } from '../../src/replay/capture-folder.ts';
import { InputProblems } from '../../src/replay/input-problems.ts';
import { replay } from '../../src/replay/pipeline.ts';
import { analyse } from '../../src/server/api-sources.ts';
import type { Analysed } from '../../src/server/api-sources.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';

export const EXAMPLE = 'examples/online-boutique';

export interface Replayed {
  readonly store: Store;
  readonly analysed: Analysed;
  readonly duplicates: number;
  close(): void;
}

export function replayExample(): Promise<Replayed> {
  return replayFolder(EXAMPLE);
}

/** The database goes with `close`. */
export async function replayFolder(directory: string): Promise<Replayed> {
  const folder = mkdtempSync(join(tmpdir(), 'netscribe-test-'));
  const store = openStore(join(folder, 'replay.db'));
  const result = await replay(await openCapture(directory), {
    store,
    problems: new InputProblems(),
    onBytes: () => undefined,
    signal: new AbortController().signal,
    strict: true,
  });
  return {
    store,
    analysed: analyse(store, result.cluster, { nodeCidrs: [], controlPlaneCidrs: [] }),
    duplicates: result.duplicates,
    close() {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
