/**
 * The reader behind `conntrack -E` in the agent's bench: cuts its input into lines and does nothing with them but to count
 * them. It says how many there were whenever the number has changed, twenty times a second at most.
 */
const SAY_EVERY_MS = 50;

let rest = '';
let lines = 0;
let said = 0;

process.stdin.setEncoding('latin1').on('data', (text: string) => {
  const cut = (rest + text).split('\n');
  rest = cut.pop() ?? '';
  lines += cut.length;
});
const timer = setInterval(() => {
  if (lines !== said) process.stdout.write(`${lines}\n`);
  said = lines;
}, SAY_EVERY_MS);
process.stdin.on('end', () => clearInterval(timer));
