// What a run recorded, replayed as people replay captures: it must draft the bytes of the running server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { edgeKeyText } from '../../src/domain/edge.ts';
import type { Edge } from '../../src/domain/edge.ts';
import { openStore } from '../../src/store/store.ts';
import { shortEdge } from '../../test/replay/truth.ts';
import { ROUNDS } from './calls.ts';
import type { ControlPlane } from './control-plane.ts';
import { countsOf, ONLY_PRESENT_EDGES } from './only-present.ts';
import type { LabWorld } from './session.ts';
import { ZONED_EDGE } from './unusual-traffic.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

type Say = (line: string) => void;

/** Prints whether the replay is exact, and returns it. Both texts stay in the scratch folder while the lab is up. */
export async function compareReplay(control: ControlPlane, world: LabWorld, say: Say): Promise<boolean> {
  const live = await control.text('/api/v1/policies.yaml');
  const { yaml, errors, edges } = await replayed(world);
  writeFileSync(join(world.folder, 'live.yaml'), live);
  writeFileSync(join(world.folder, 'replayed.yaml'), yaml);
  const countsNamed = (name: string): ReturnType<typeof countsOf> =>
    countsOf(edges.find((each) => shortEdge(edgeKeyText(each)) === name)?.hours ?? []);
  const areOnlyPresent = ONLY_PRESENT_EDGES.map(({ what, edge }) => {
    const { opened, present } = countsNamed(edge);
    const isRight = opened === 0 && present === 1;
    say(`lab: ${isRight ? '' : 'wrong: '}replay: ${what}: opened ${opened}, present ${present}`);
    return isRight;
  });
  const zoned = countsNamed(ZONED_EDGE).opened;
  say(
    `lab: ${zoned === ROUNDS ? '' : 'wrong: '}replay: connections with two entries: opened ${zoned}, really ${ROUNDS}`,
  );
  if (yaml === live) {
    say(`lab: replay identical, ${Buffer.byteLength(yaml)} bytes`);
    return areOnlyPresent.every(Boolean) && zoned === ROUNDS;
  }
  const ours = live.split('\n');
  const theirs = yaml.split('\n');
  const at = ours.findIndex((line, index) => line !== theirs[index]);
  say(`lab: wrong: replay differs in line ${at + 1}: live ${ours[at]}, replayed ${theirs[at]}`);
  say(`lab: ${errors.trim()}`);
  return false;
}

/** What `netscribe replay` prints, and the edges that it stored. Throws when it refuses the capture. */
async function replayed(world: LabWorld): Promise<{ yaml: string; errors: string; edges: Edge[] }> {
  const database = join(world.folder, 'replayed.db');
  const args = ['src/main.ts', 'replay', world.capture, '--allow-omitted', '--db', database];
  const child = spawn(process.execPath, args, {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: world.signal,
    killSignal: 'SIGKILL',
  });
  const ended = once(child, 'exit');
  const [yaml, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  if (child.exitCode !== 0)
    throw new Error(`replay of ${world.capture} exits with ${child.exitCode}: ${errors}`);
  const store = openStore(database);
  try {
    return { yaml, errors, edges: store.edges.all() };
  } finally {
    store.close();
  }
}
