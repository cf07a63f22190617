/** Runs one conntrack source in the namespace it is started in, and prints what the source says. */
import { createInterface } from 'node:readline';
import { openSource } from '../../src/conntrack/open-source.ts';
import type { ConntrackSource } from '../../src/conntrack/source.ts';
import { ProblemError } from '../../src/domain/problem.ts';
import { heard, say } from '../conntrack/read-sample.ts';

const wanted = process.argv[2] as Parameters<typeof openSource>[0];
/** Only counts sightings, for those too many to print. */
const isQuiet = process.argv.includes('--quiet');
const tally = { opened: 0, answered: 0, counters: 0, lost: 0 };
const presences = new Map<number, number>();
const skipped: Record<string, number> = {};

tell({ is: 'ready' });
const source = await open();
if (source !== null)
  createInterface(process.stdin).on('line', (line) => {
    const order = JSON.parse(line) as { is: string };
    obey(source, order).then(
      (outcome) => tell({ is: 'done', ...outcome }),
      (error: unknown) => tell({ is: 'done', error: String(error) }),
    );
  });

async function open(): Promise<ConntrackSource | null> {
  try {
    const opened = await openSource(
      wanted,
      {
        sighting: (said) => {
          const { kind, at } = said;
          if (kind === 'present') presences.set(at, (presences.get(at) ?? 0) + 1);
          else tally[kind]++;
          if (!isQuiet) tell({ is: 'sighting', kind, text: say(heard(said)), at, now: Date.now() });
        },
        lost: (count) => {
          tally.lost += count;
          tell({ is: 'lost', count });
        },
        skipped: (reason, count) => (skipped[reason] = (skipped[reason] ?? 0) + count),
        failed: (error) => tell({ is: 'failed', error: error.message }),
      },
      {
        info: (fields, message) => tell({ is: 'info', message, ...fields }),
        warn: (fields, message) => tell({ is: 'warn', message, ...fields }),
      },
    );
    tell({ is: 'open', kind: opened.kind, accounting: opened.accounting, timestamps: opened.timestamps });
    return opened;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    tell({ is: 'problem', code: error.code, message: error.message, hint: error.hint });
    return null;
  }
}

async function obey(from: ConntrackSource, { is }: { is: string }): Promise<object> {
  switch (is) {
    case 'start':
      await from.start();
      break;
    case 'dump':
      await from.dump();
      break;
    case 'close':
      await from.close();
      break;
    default:
  }
  return { tally, skipped, presences: [...presences], readLagMs: from.readLagMs };
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
