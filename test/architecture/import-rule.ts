/**
 * The import rule as tables: which folder of src/ may import which, and why the others may not. What is written here is
 * what ARCHITECTURE.md says; it looks at no file.
 */

export const PURE = ['domain', 'identity', 'netpol', 'recommend'];
const ADAPTERS = ['conntrack', 'flowlogs', 'kube', 'store'];
const PROCESSES = ['agent', 'server', 'cli', 'ui'];
const BELOW_ADAPTERS = ['domain', 'identity', 'netpol', 'wire', 'recommend', 'runtime'];

/** The folders that each folder may import, besides itself. `main.ts` is the file beside the folders. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  identity: ['domain'],
  netpol: ['domain'],
  wire: ['domain', 'runtime'],
  recommend: ['domain', 'netpol', 'identity'],
  runtime: ['domain'],
  conntrack: BELOW_ADAPTERS,
  flowlogs: BELOW_ADAPTERS,
  kube: BELOW_ADAPTERS,
  store: BELOW_ADAPTERS,
  agent: ['domain', 'wire', 'runtime', 'conntrack', 'flowlogs'],
  server: [...BELOW_ADAPTERS, ...ADAPTERS],
  cli: [...BELOW_ADAPTERS, ...ADAPTERS],
  ui: ['domain', 'wire'],
  replay: [...BELOW_ADAPTERS, ...ADAPTERS, 'agent', 'server'],
  'main.ts': ['agent', 'server', 'cli', 'replay', 'runtime'],
};

/** Why an edge is forbidden: the first line that fits both ends. */
export const REASONS: readonly { from: readonly string[]; to: readonly string[]; because: string }[] = [
  {
    from: ['domain'],
    to: [],
    because:
      'the nouns must mean the same in every process, so they rest on nothing that could differ between them',
  },
  {
    from: PURE,
    to: ['runtime'],
    because: 'pure code takes time and settings as arguments: the same input must give the same bytes',
  },
  {
    from: PURE,
    to: ['wire', ...ADAPTERS],
    because:
      'pure code must not know where its input comes from: a capture and a live cluster give the same answer',
  },
  {
    from: ADAPTERS,
    to: ADAPTERS,
    because:
      'the kernel, the API server and the database meet only in processes, so that each can be replaced alone',
  },
  {
    from: ['agent'],
    to: ['server', 'store', 'kube', 'identity', 'netpol', 'recommend'],
    because:
      'the agent runs on every node, has no Kubernetes rights and a small memory: it reads, counts and sends',
  },
  {
    from: PROCESSES,
    to: [...PROCESSES, 'replay'],
    because:
      'processes speak wire to each other: what one imports of another would be missing once they run apart',
  },
  {
    from: ['ui'],
    to: [],
    because: 'the page runs in a browser and is a client of the API like any other',
  },
  {
    from: ['replay'],
    to: ['cli', 'ui', 'main.ts'],
    because: 'replay joins pipelines; people reach it through main.ts, and it reaches no one who asks',
  },
  {
    from: [],
    to: ['main.ts'],
    because: 'main.ts starts a process; what starts things is imported by nothing',
  },
  { from: [], to: [], because: 'imports point down, never up or sideways' },
];

/** An agent that loads any of these would pay for it in memory on every node. */
export const NOT_IN_AGENT = /^(server|store|kube)\/|^(fastify|zod|better-sqlite3)(\/|$)|^@fastify\//;

export const VAGUE = new Set(['utils', 'helpers', 'types', 'common', 'manager', 'handler', 'data', 'info']);
export const LONGEST_LINES = 300;

export const IMPURE: Readonly<Record<string, string>> = {
  'Date.now': 'time is an argument',
  'performance.now': 'time is an argument',
  'Math.random': 'randomness is an argument',
  'crypto.randomUUID': 'randomness is an argument',
  'process.env': 'settings are an argument',
};
