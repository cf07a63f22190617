// node e2e/lab/record.ts OUTDIR: builds a small cluster in network namespaces, lets it talk, and records it as a capture with its truth.
// No packet leaves the namespaces: there is no uplink.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { missingFrom } from './capture-check.ts';
import { ConntrackRecorder } from './conntrack-recorder.ts';
import { Lab } from './lab.ts';
import { assertAble, takeLock } from './preflight.ts';
import { play, prepare } from './scenario.ts';
import { truthText } from './truth.ts';
import { NODES } from './world.ts';

const folder = process.argv[2];
if (folder === undefined) {
  console.error('usage: node e2e/lab/record.ts OUTDIR');
  process.exitCode = 2;
} else {
  try {
    assertAble();
    await record(folder);
  } catch (error) {
    console.error(`record: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

/** Records into OUTDIR. What lies there is replaced only when the whole recording went well. */
async function record(target: string): Promise<void> {
  const release = takeLock();
  const lab = new Lab();
  const draft = `${target}.recording`;
  const recorders = Object.keys(NODES).map(
    (node) => new ConntrackRecorder(lab.topology.namespace(node), join(draft, 'nodes', node)),
  );
  const interrupt = (): void => {
    lab.topology.down();
    rmSync(draft, { recursive: true, force: true });
    release();
    process.exit(130);
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(join(draft, 'cluster'), { recursive: true });
    progress('building the world');
    await prepare(lab);
    for (const recorder of recorders) await recorder.start();
    for (const recorder of recorders) recorder.dump();
    lab.history.begin(join(draft, 'cluster', 'watch.jsonl'));
    progress('recording for about 50 seconds');
    const reuse = await play(lab);
    for (const recorder of recorders) recorder.dump();
    lab.history.bookmark();
    for (const recorder of recorders) await recorder.stop();
    writeFileSync(join(draft, 'truth.json'), truthText(reuse));
    const missing = missingFrom(draft);
    if (missing.length > 0) throw new Error(`the capture does not show:\n${missing.join('\n')}`);
    for (const part of ['nodes', 'cluster', 'truth.json']) replace(join(draft, part), join(target, part));
    progress(`recorded into ${target}`);
  } finally {
    await Promise.allSettled(recorders.map((recorder) => recorder.stop()));
    await lab.down();
    rmSync(draft, { recursive: true, force: true });
    release();
  }
}

function replace(from: string, to: string): void {
  mkdirSync(join(to, '..'), { recursive: true });
  rmSync(to, { recursive: true, force: true });
  renameSync(from, to);
}

function progress(what: string): void {
  console.error(`record: ${what}`);
}
