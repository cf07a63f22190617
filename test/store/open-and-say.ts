/** `node open-and-say.ts FILE`: opens the store and prints `opened`, or the code of the problem and the file if named. */
import { ProblemError } from '../../src/domain/problem.ts';
import { openStore } from '../../src/store/store.ts';

const file = process.argv[2] ?? '';
try {
  openStore(file).close();
  process.stdout.write('opened\n');
} catch (error) {
  if (!(error instanceof ProblemError)) throw error;
  process.stdout.write(`${error.code} ${error.message.includes(file) ? file : error.message}\n`);
}
