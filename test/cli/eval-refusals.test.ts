import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/eval.ts';
import { folderOf, runCommand } from './command-run.ts';
import { DB_POLICY, POLICIES, WEB_POLICY, WORKLOADS, listOf, runningPod } from './shop-manifests.ts';

const evaluate = (argv: string[], input?: string) => runCommand(main, argv, input);

describe('bad input ends with 2 and says what and where', () => {
  const fails = async (argv: string[], input?: string) => {
    const { code, stdout, stderr } = await evaluate(argv, input);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    return stderr;
  };

  test('every problem at once, in the order of the files', async () => {
    const folder = await folderOf({
      'a.yaml': WEB_POLICY.replace('port: http', 'port: "80"').replace('10.0.0.0/8', '10.0.0.0/33'),
      'b.json': listOf(
        runningPod('shop/web-1', { ip: 'nowhere', labels: {} }),
        7,
        runningPod('shop/web-2', { ip: '10.0.0.1', labels: {} }),
        runningPod('shop/web-2', { ip: '10.0.0.1', labels: {} }),
      ),
      'c.yaml': `${DB_POLICY}---${DB_POLICY}`,
    });
    expect(await fails(['-f', folder])).toBe(
      `error: 6 problems in manifests:
  ${folder}/a.yaml:2: document 1, NetworkPolicy shop/web: spec.ingress[0].from[0].ipBlock.except[0]: "10.0.0.0/33" is no CIDR, as in 10.0.0.0/8
  ${folder}/a.yaml:2: document 1, NetworkPolicy shop/web: spec.ingress[0].ports[0].port: "80" is no port name; a port number has no quotes: 80
  ${folder}/b.json:1: document 1, item 0, Pod shop/web-1: status.podIP: not an IP address
  ${folder}/b.json:1: document 1, item 1: the number 7 stands where an object of Kubernetes should
  ${folder}/b.json:1: document 1, item 3, Pod shop/web-2: is given twice; it also stands in ${folder}/b.json:1: document 1, item 2, Pod shop/web-2
  ${folder}/c.yaml:14: document 2, NetworkPolicy shop/db: is given twice; it also stands in ${folder}/c.yaml:2: document 1, NetworkPolicy shop/db
`,
    );
  });

  test.each<[string, string[], string]>([
    [
      'no file',
      [],
      'error: Say which manifests to judge.\nhint: Give -f FILE, -f FOLDER or -f - for standard input.\n',
    ],
    ['a missing file', ['-f', 'no/such/file.yaml'], 'error: There is no file or folder no/such/file.yaml.\n'],
    [
      'a folder without manifests',
      ['-f', 'test/certificates/own'],
      'error: There is no .yaml, .yml or .json file in test/certificates/own.\n',
    ],
    ['standard input twice', ['-f', '-', '-f', '-'], 'error: Standard input (-) can be read only once.\n'],
    [
      'a namespace that is not there',
      ['-f', '-', '-n', 'shp'],
      'error: There is no namespace "shp" in these manifests.\nhint: Nearest: shop.\n',
    ],
    [
      'a workload that is not there',
      ['-f', '-', '--explain', 'shop/wbe -> shop/db:5432'],
      'error: There is no workload or pod "shop/wbe" in these manifests.\nhint: Nearest: shop/db, shop/web.\n',
    ],
    [
      'a name without a namespace',
      ['-f', '-', '--explain', 'web -> shop/db:5432'],
      'error: There is no address, and a workload or pod is named NAMESPACE/NAME; "web" in these manifests.\n',
    ],
    [
      'no connection',
      ['-f', '-', '--explain', 'shop/web'],
      'error: "shop/web" is no connection.\nhint: Write it as \'shop/web -> shop/db:5432\', with /udp or /sctp after the port where it is not TCP.\n',
    ],
    [
      'a port that is none',
      ['-f', '-', '--explain', 'shop/web -> shop/db:70000'],
      'error: "shop/web -> shop/db:70000" is no connection.\nhint: Write it as \'shop/web -> shop/db:5432\', with /udp or /sctp after the port where it is not TCP.\n',
    ],
    [
      'two questions',
      ['-f', '-', '--explain', 'x', '--probe', 'y'],
      'error: --probe and --explain ask different things.\n',
    ],
    [
      'a question with -n',
      ['-f', '-', '-n', 'shop', '--explain', 'x'],
      'error: -n and --by shape the list of connections; --probe and --explain ask about single ones.\n',
    ],
    [
      'manifests and probes from one stream',
      ['-f', '-', '--probe', '-'],
      'error: Standard input cannot be both the manifests and the probes.\n',
    ],
    [
      'a format that is none',
      ['-f', '-', '-o', 'yaml'],
      "error: option '-o, --output <format>' argument 'yaml' is invalid. Allowed choices are table, json.\n",
    ],
    [
      'an argument too many',
      ['-f', '-', 'x'],
      'error: too many arguments. Expected 0 arguments but got 1: x.\n',
    ],
  ])('%s', async (_what, argv, says) => {
    expect(await fails(argv, WORKLOADS)).toBe(says);
  });

  test('no workload', async () => {
    expect(await fails(['-f', '-'], POLICIES)).toMatch(
      /^error: There is no pod and no workload here\.\nhint: Give manifests of pods/,
    );
  });

  test.each<[string, string | Buffer, string]>([
    [
      'UTF-16',
      Buffer.from('\uFEFFkind: A', 'utf16le'),
      'error: <stdin> is not UTF-8 text.\nhint: It is UTF-16, as PowerShell writes. Save it as UTF-8.\n',
    ],
    [
      'Latin-1',
      Buffer.from('kind: \u00e9', 'latin1'),
      'error: <stdin> is not UTF-8 text.\nhint: Save it as UTF-8.\n',
    ],
    [
      'a workload without a template',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {}',
      'error: <stdin>:1: document 1, Deployment web: spec.template: is missing\n',
    ],
    [
      'a workload without a name',
      WORKLOADS.replace('name: backup, ', ''),
      'error: <stdin>:32: document 5, CronJob ops: metadata.name: Invalid input: expected string, received undefined\n',
    ],
  ])('%s', async (_what, input, says) => {
    const { code, stderr } = await runCommand(main, ['-f', '-'], input);
    expect(stderr).toBe(says);
    expect(code).toBe(2);
  });
});
