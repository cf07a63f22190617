/** Who does not get in: tokens that are wrong in every way, and tokens that are right for somebody else. */
import type { Case } from './case.ts';
import { post } from './case.ts';
import { until } from './hostile-world.ts';

const madeUp = (index: number): string => `made-up.${'x'.repeat(40)}.${index}`;

export const TOKEN_CASES: readonly Case[] = [
  {
    title: 'no token',
    expected: ['401 token-missing'],
    send: (world) => post(world, { token: null }),
  },
  {
    title: 'a password instead of a token',
    expected: ['401 token-malformed'],
    send: (world) => post(world, { token: null, headers: { authorization: 'Basic YTpi' } }),
  },
  {
    title: 'an empty token',
    expected: ['401 token-malformed'],
    send: (world) => post(world, { token: null, headers: { authorization: 'Bearer ' } }),
  },
  {
    title: 'a token with spaces and quotes',
    expected: ['401 token-malformed'],
    send: (world) => post(world, { token: `a b"c` }),
  },
  {
    title: 'a token of 9,000 characters',
    expected: ['401 token-malformed'],
    send: (world) => post(world, { token: 'a'.repeat(9000) }),
  },
  {
    title: 'a made-up token',
    expected: ['401 token-refused'],
    send: (world) => {
      world.secrets.add(madeUp(0));
      return post(world, { token: madeUp(0) });
    },
  },
  {
    title: 'a token that has expired',
    expected: ['401 token-refused'],
    send: (world) => post(world, { token: world.token({ livesMs: -1000 }) }),
  },
  {
    title: 'a token for another audience (the API server)',
    expected: ['401 token-refused'],
    send: (world) => post(world, { token: world.token({ audience: 'https://kubernetes.default.svc' }) }),
  },
  {
    title: 'a review whose answer names no audience',
    isAlone: true,
    expected: ['401 token-refused'],
    send: async (world) => {
      world.api.tokens.withoutAudiences = true;
      const got = await post(world);
      world.api.tokens.withoutAudiences = false;
      return got;
    },
  },
  {
    title: 'a token of another service account',
    expected: ['401 not-an-agent'],
    send: (world) => post(world, { token: world.token({ serviceAccount: 'default' }) }),
  },
  {
    title: 'a token of a namesake in another namespace',
    expected: ['401 not-an-agent'],
    send: (world) => post(world, { token: issuedElsewhere(world.token.bind(world)) }),
  },
  {
    title: 'a token that is bound to no pod',
    expected: ['401 token-not-bound'],
    send: (world) => {
      const token = world.api.tokens.issue({
        namespace: 'netscribe',
        serviceAccount: 'agent',
        audience: 'netscribe',
      });
      world.secrets.add(token);
      return post(world, { token });
    },
  },
  {
    title: "node-b's token with a batch of node-a",
    expected: ['403 wrong-node'],
    send: (world) => post(world, { token: world.token({ pod: 'agent-b' }) }),
  },
  {
    title: "node-b's token of a Kubernetes before 1.30, with a batch of node-a",
    expected: ['403 wrong-node'],
    send: (world) => post(world, { token: world.token({ pod: 'agent-old', namesNode: false }) }),
  },
  {
    title: "a batch with another node's uid",
    expected: ['403 wrong-node'],
    send: (world) => post(world, { batch: { nodeUid: 'uid-of-node-b' } }),
  },
  {
    title: 'two Authorization headers, the first one good',
    expected: ['400 duplicate-header'],
    send: (world) => post(world, { token: null, headers: twoTokens(world.token()) }),
  },
  {
    title: 'a good token, after its pod has gone',
    expected: ['200, then 401 token-refused'],
    send: async (world) => {
      const token = world.token({ pod: 'agent-doomed' });
      const first = await post(world, { token });
      world.api.remove('Pod', 'netscribe', 'agent-doomed');
      let last = first;
      // The verdict is good for a minute: only the watch can have ended it sooner.
      await until(async () => (last = await post(world, { token })) !== '200');
      return `${first}, then ${last}`;
    },
  },
  {
    title: '200 made-up tokens at once, while reviews are slow',
    expected: ['at most 50 reviews at a time; 401 token-refused, 503 reviews-busy'],
    send: async (world) => {
      world.api.reviews.delayMs = 300;
      world.api.reviews.most = 0;
      const tokens = Array.from({ length: 200 }, (_, index) => madeUp(index + 1));
      for (const token of tokens) world.secrets.add(token);
      const answers = await Promise.all(tokens.map((token) => post(world, { token })));
      world.api.reviews.delayMs = 0;
      const most = world.api.reviews.most;
      const kinds = [...new Set(answers)].toSorted().join(', ');
      return `${most <= 50 ? 'at most 50' : most} reviews at a time; ${kinds}`;
    },
  },
  {
    title: 'a new token while the API server cannot review',
    isAlone: true,
    expected: ['503 reviews-unavailable'],
    send: async (world) => {
      world.api.reviews.failWith = 500;
      const got = await post(world);
      world.api.reviews.failWith = null;
      return got;
    },
  },
];

function issuedElsewhere(token: (asked: object) => string): string {
  return token({ namespace: 'shop', serviceAccount: 'agent', pod: undefined });
}

/** Node sends a header whose value is a list as one line for each. */
function twoTokens(good: string): Record<string, string> {
  return { authorization: [`Bearer ${good}`, 'Bearer other'] as unknown as string };
}
