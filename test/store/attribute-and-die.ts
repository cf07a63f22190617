/**
 * `node attribute-and-die.ts FILE WHERE`: attributes the one pending batch of the store and is killed on the way, as
 * by a kill -9 or the kernel's memory killer. WHERE: `after-record`, `after-mark` (both within the transaction) or
 * `after-commit`.
 */
import process from 'node:process';
import { openStore } from '../../src/store/store.ts';
import { evidence, NOW } from './samples.ts';

const [file = '', where = ''] = process.argv.slice(2);
const store = openStore(file);
store.transaction(() => {
  store.edges.record([evidence()]);
  dieAt('after-record');
  store.inbox.markAttributed(store.inbox.pending(1, NOW));
  dieAt('after-mark');
});
dieAt('after-commit');

function dieAt(here: string): void {
  if (where === here) process.kill(process.pid, 'SIGKILL');
}
