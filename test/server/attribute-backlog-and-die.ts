/**
 * `node attribute-backlog-and-die.ts FILE COMMIT WHERE`: attributes what waits in the store, and is killed as by a kill -9 in the commit
 * of that number, counted from 1. WHERE: `before`, `within` (all is written, nothing committed) or `after` it.
 */
import process from 'node:process';
import { Ledger } from '../../src/server/ledger.ts';
import { ListeningPorts } from '../../src/server/listening.ts';
import { openStore } from '../../src/store/store.ts';
import { DUE, knowledge } from './backlog-world.ts';

const [file = '', commit = '', where = ''] = process.argv.slice(2);
const store = openStore(file);
let commits = 0;
const mortal = {
  ...store,
  transaction: <T>(work: () => T): T => {
    commits += 1;
    dieAt('before');
    const result = store.transaction(() => {
      const done = work();
      dieAt('within');
      return done;
    });
    dieAt('after');
    return result;
  },
};
new Ledger(mortal, new ListeningPorts()).attributePending(knowledge(), DUE);

function dieAt(here: string): void {
  if (commits === Number(commit) && where === here) process.kill(process.pid, 'SIGKILL');
}
