// node e2e/lab/churn.ts, as root on Linux: pods that follow each other on the same addresses while everything goes wrong, and whether any connection
// was given to the wrong one. Environment: FULL=1 takes 300 replacements and true delays, CLEAN=1 only removes what earlier runs left,
// ONLY=first or second makes one of the two runs, KEPT=FOLDER keeps there what was judged.
import { runChurn } from './churn-run.ts';
import type { ChurnTotal } from './churn-run.ts';
import type { ChurnScale } from './churn-story.ts';
import { assertAble } from './preflight.ts';
import { Session } from './session.ts';

const { FULL, CLEAN, ONLY, KEPT } = process.env;

/** As much as CI has time for: both runs together have everything, and delays are shorter. */
const QUICK: ChurnScale = {
  replacements: 30,
  connections: 1500,
  holdMs: 5000,
  everyMs: 250,
  lateMs: 7000,
  veryLateMs: 8500,
  mostLate: 7,
  mostVeryLate: 3,
  watchCutMs: 3000,
  awayMs: 4000,
  catchUpMs: 3000,
  deadlineMs: 22_000,
  reboots: 1,
  isWhole: false,
};

const WHOLE: ChurnScale = {
  replacements: 160,
  connections: 15_500,
  holdMs: 8000,
  everyMs: 200,
  lateMs: 10_000,
  veryLateMs: 180_000,
  mostLate: Number.POSITIVE_INFINITY,
  mostVeryLate: 4,
  watchCutMs: 30_000,
  awayMs: 120_000,
  catchUpMs: 20_000,
  deadlineMs: 220_000,
  reboots: 2,
  isWhole: true,
};

try {
  assertAble();
  const session = new Session();
  try {
    process.exitCode = isSet(CLEAN) || (await runs(session)) ? 0 : 1;
  } finally {
    session.close();
  }
} catch (error) {
  say(`churn: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

/** The same twice: without events that the kernel dates and a node whose clock is early, and with and a clock that is late. */
async function runs(session: Session): Promise<boolean> {
  const scale = isSet(FULL) ? WHOLE : QUICK;
  const kept = KEPT === undefined || KEPT === '' ? null : KEPT;
  const totals: ChurnTotal[] = [];
  if (ONLY !== 'second') {
    say('churn: first run: kernels date no event, the clock of node-b is 2 s ahead');
    const plan = { scale, clockMs: 2000, share: 'first', kept, say } as const;
    totals.push(await session.inWorld(false, (world) => runChurn(world, plan)));
  }
  if (ONLY !== 'first') {
    say('churn: second run: kernels date every event, the clock of node-b is 2 s behind');
    const plan = { scale, clockMs: -2000, share: 'second', kept, say } as const;
    totals.push(await session.inWorld(true, (world) => runChurn(world, plan)));
  }
  const total = (of: (each: ChurnTotal) => number): number => totals.reduce((sum, each) => sum + of(each), 0);
  say(
    `churn: replacements ${total((each) => each.replacements)} connections ${total((each) => each.connections)}` +
      ` inside ${total((each) => each.near)} misattributed ${total((each) => each.misattributed)}` +
      ` unsure-inside ${total((each) => each.unsureInside)} unsure-outside ${total((each) => each.unsureOutside)}`,
  );
  return totals.every(({ isRight }) => isRight);
}

function isSet(flag: string | undefined): boolean {
  return flag !== undefined && flag !== '' && flag !== '0';
}

function say(line: string): void {
  console.log(line);
}
