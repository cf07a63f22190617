// Refuses a Node that is too old, in one sentence, before anything is imported that would crash on it: on Node 20 the
// SQLite driver ends in a segmentation fault without a message. Loaded by node -r, so that a script stays one process, which
// signals reach. The syntax is plain so that an old Node can read it.
var needed = [22, 19];
var found = process.versions.node.split('.').map(Number);
if (found[0] < needed[0] || (found[0] === needed[0] && found[1] < needed[1])) {
  process.stderr.write(
    'netscribe needs Node ' +
      needed.join('.') +
      ' or newer and this is ' +
      process.versions.node +
      ': use `make <target>` (`make help` lists them), which brings Node 24 itself.\n',
  );
  process.exit(2);
}
