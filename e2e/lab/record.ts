// node e2e/lab/record.ts OUTDIR, as root on Linux: runs the lab once, as an ordinary node counts, and keeps what was recorded in it as a capture with its truth.
// A recording is kept only when the running system was exact in everything the lab judges, and the replay gave the same bytes.
import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { Score } from '../../test/replay/truth.ts';
import { runOnce } from './live-run.ts';
import { assertAble } from './preflight.ts';
import { Session } from './session.ts';

const PARTS = ['nodes', 'cluster', 'truth.json'];

const target = process.argv[2];
if (target === undefined) {
  console.error('usage: node e2e/lab/record.ts OUTDIR');
  process.exitCode = 2;
} else {
  try {
    assertAble();
    const session = new Session();
    try {
      await record(session, target);
    } finally {
      session.close();
    }
  } catch (error) {
    console.error(`record: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

async function record(session: Session, folder: string): Promise<void> {
  await session.inWorld(false, async (world) => {
    const { isExact } = await runOnce(world, new Score(), (line) => console.error(line));
    if (!isExact) throw new Error(`the run was not exact; ${folder} stays as it was`);
    keep(world.capture, folder);
  });
  console.error(`record: recorded into ${folder}`);
}

/** Replaces the parts of a capture without a pause between them; what else lies in the folder stays. */
function keep(capture: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const fresh = join(folder, '.fresh');
  rmSync(fresh, { recursive: true, force: true });
  cpSync(capture, fresh, { recursive: true });
  for (const part of PARTS) {
    rmSync(join(folder, part), { recursive: true, force: true });
    renameSync(join(fresh, part), join(folder, part));
  }
  rmSync(fresh, { recursive: true });
}
