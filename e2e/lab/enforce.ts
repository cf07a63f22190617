// node e2e/lab/enforce.ts, as root on Linux: the drafts of a lab are enforced with nftables at every pod's veth, and the world calls again.
// Environment: SEED=n draws other denials, FULL=1 takes out and widens more rules, CLEAN=1 only removes what earlier runs left.
import { enforceOnce } from './enforce-run.ts';
import { assertAble } from './preflight.ts';
import { Session } from './session.ts';

const DEFAULT_SEED = 1;
const { SEED, FULL, CLEAN } = process.env;

try {
  assertAble();
  const seed = seedOf(SEED);
  const session = new Session();
  try {
    const run = (): Promise<boolean> =>
      session.inWorld(false, (world) =>
        enforceOnce(world, { seed, isFull: isSet(FULL) }, (line) => console.log(line)),
      );
    process.exitCode = isSet(CLEAN) || (await run()) ? 0 : 1;
  } finally {
    session.close();
  }
} catch (error) {
  console.log(`enforce: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function seedOf(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_SEED;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`SEED=${text} is no number of up to nine digits`);
  return Number(text);
}

function isSet(flag: string | undefined): boolean {
  return flag !== undefined && flag !== '' && flag !== '0';
}
