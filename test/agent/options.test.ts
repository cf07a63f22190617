import { describe, expect, it } from 'vitest';
import { agentHelp, OPTION_NAMES } from '../../src/agent/option-table.ts';
import { parseAgentOptions } from '../../src/agent/options.ts';

const NEEDED = ['--server', 'https://server:8081', '--node-name', 'node-a', '--state-dir', '/state'];

function optionsOf(argv: readonly string[], env = {}) {
  const parsed = parseAgentOptions(argv, env);
  if (parsed.kind !== 'options') throw new Error(JSON.stringify(parsed));
  return parsed.options;
}

function problemsOf(argv: readonly string[], env = {}): readonly string[] {
  const parsed = parseAgentOptions(argv, env);
  return parsed.kind === 'problems' ? parsed.problems : [];
}

describe('options', () => {
  it('have defaults for all but three', () => {
    expect(optionsOf(NEEDED)).toEqual({
      server: new URL('https://server:8081'),
      nodeName: 'node-a',
      nodeUid: '',
      stateDir: '/state',
      source: 'auto',
      batchWindowMs: 10_000,
      dumpIntervalMs: 300_000,
      listen: { host: '127.0.0.1', port: 9464 },
      maxKeys: 60_000,
      maxQueueBytes: 64 << 20,
      tokenFile: null,
      trust: { kind: 'system' },
      logLevel: 'info',
    });
  });

  it('can all come from the environment', () => {
    const env = {
      NETSCRIBE_SERVER: 'https://server/base',
      NODE_NAME: 'node-b',
      NETSCRIBE_NODE_UID: 'u-1',
      NETSCRIBE_STATE_DIR: '/state',
      NETSCRIBE_SOURCE: 'procfs',
      NETSCRIBE_BATCH_WINDOW_MS: '1000',
      NETSCRIBE_DUMP_INTERVAL_MS: '2000',
      NETSCRIBE_LISTEN: '[::1]:1',
      NETSCRIBE_MAX_KEYS: '500',
      NETSCRIBE_MAX_QUEUE_MIB: '2',
      NETSCRIBE_TOKEN_FILE: '/token',
      NETSCRIBE_CA_FILE: '/ca',
      NETSCRIBE_LOG_LEVEL: 'warn',
    };
    expect(optionsOf([], env)).toEqual({
      server: new URL('https://server/base'),
      nodeName: 'node-b',
      nodeUid: 'u-1',
      stateDir: '/state',
      source: 'procfs',
      batchWindowMs: 1000,
      dumpIntervalMs: 2000,
      listen: { host: '::1', port: 1 },
      maxKeys: 500,
      maxQueueBytes: 2 << 20,
      tokenFile: '/token',
      trust: { kind: 'file', file: '/ca' },
      logLevel: 'warn',
    });
  });

  it('go before their variables, and empty variables are none', () => {
    const env = {
      NODE_NAME: 'node-b',
      NETSCRIBE_NODE_NAME: '',
      NETSCRIBE_SOURCE: 'bad',
      NETSCRIBE_LISTEN: '',
    };
    expect(optionsOf([...NEEDED, '--source=netlink', '--listen', 'off'], env)).toMatchObject({
      nodeName: 'node-a',
      source: 'netlink',
      listen: null,
    });
    expect(
      optionsOf(['--server', 'https://s', '--state-dir', '/s'], { NODE_NAME: 'b', NETSCRIBE_NODE_NAME: 'c' })
        .nodeName,
    ).toBe('c');
  });

  it('are all checked at once', () => {
    const problems = problemsOf(
      [
        'stray',
        '--sever',
        'x',
        '--server',
        'ftp://x',
        '--source',
        'tap',
        '--max-keys',
        '-5',
        '--listen',
        '0.0.0.0:80',
        '--node-uid',
      ],
      { NETSCRIBE_BATCH_WINDOW_MS: '1e4', NETSCRIBE_LOG_LEVEL: 'loud', NODE_NAME: 'Node A' },
    );
    const said = [
      'stray',
      '--sever ',
      '--server is not',
      '--source tap',
      '--max-keys',
      '--listen 0.0.0.0:80',
      '--node-uid needs',
      '--batch-window-ms 1e4',
      '--log-level loud',
      '--node-name Node A',
      '--state-dir',
    ];
    for (const part of said)
      expect(
        problems.filter((problem) => problem.includes(part)),
        part,
      ).toHaveLength(1);
  });

  it.each([
    ['--server', 'https://user:secret@server'],
    ['--server', 'https://server?x=1'],
    ['--server', 'http://server:8081'],
    ['--server', 'server:8080'],
    ['--listen', '9464'],
    ['--listen', '127.0.0.1:99999'],
    ['--listen', '10.0.0.1:80'],
    ['--listen', 'example.com:80'],
    ['--batch-window-ms', '99'],
    ['--dump-interval-ms', '0'],
    ['--max-queue-mib', '0'],
    ['--node-uid', 'a b'],
    ['--node-name', '-a'],
  ])('%s %s is refused', (option, value) => {
    const problems = problemsOf([...NEEDED.filter((_, i) => NEEDED[i - (i % 2)] !== option), option, value]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(option);
    expect(problems[0]).not.toContain('secret');
  });

  it('given twice are refused', () => {
    expect(problemsOf([...NEEDED, '--node-name', 'b'])).toEqual(['--node-name is given twice']);
  });
});

it('--help tells every option within 120 columns, whatever else is given', () => {
  expect(parseAgentOptions(['--nonsense', '--help'], {})).toEqual({ kind: 'help' });
  const help = agentHelp();
  for (const name of OPTION_NAMES) expect(help).toContain(`--${name} `);
  expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
});
