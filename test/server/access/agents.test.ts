/** Who may send batches, by real TokenReviews over HTTP (DESIGN section 7). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProblemError } from '../../../src/domain/problem.ts';
import { accessWorld, podObject } from './access-world.ts';
import type { AccessWorld } from './access-world.ts';

let world: AccessWorld;
beforeEach(async () => {
  world = await accessWorld();
});
afterEach(() => world.close());

const identify = (token: string, from = '192.0.2.1') => world.agents.identify(`Bearer ${token}`, from);

/** The node's name, or the problem's code. */
async function outcome(token: string, from?: string): Promise<string> {
  try {
    return (await identify(token, from)).node;
  } catch (error) {
    return error instanceof ProblemError ? error.code : String(error);
  }
}

describe('the node of an agent', () => {
  test('is the one that its token names, with its uid', async () => {
    expect(await identify(world.token())).toEqual({ node: 'node-a', nodeUid: 'uid-a' });
  });

  test('is the one of its pod where tokens name no node (before Kubernetes 1.30)', async () => {
    expect(await identify(world.token({ namesNode: false }))).toEqual({ node: 'node-a', nodeUid: null });
  });

  test('is asked for again when the pod is not known yet', async () => {
    world.api.put(podObject('agent-new', 'node-a'));
    const token = world.token({ pod: 'agent-new', namesNode: false });
    expect(await outcome(token)).toBe('agent-pod-unknown');
    world.put(podObject('agent-new', 'node-a'));
    expect(await outcome(token)).toBe('node-a');
  });
});

describe('a review', () => {
  test('is kept for 60 seconds and no longer', async () => {
    const token = world.token();
    for (const ms of [0, 30_000, 59_999]) {
      world.clock.ms = ms;
      expect(await outcome(token)).toBe('node-a');
    }
    expect(world.api.reviews.seen).toHaveLength(1);
    world.clock.ms = 60_000;
    expect(await outcome(token)).toBe('node-a');
    expect(world.api.reviews.seen).toHaveLength(2);
  });

  test('is dropped at once when the watch sees the pod go', async () => {
    const token = world.token();
    expect(await outcome(token)).toBe('node-a');
    world.removePod('agent-a');
    expect(await outcome(token)).toBe('token-refused');
  });

  test('that was under way when the pod went is not kept', async () => {
    const token = world.token();
    world.api.reviews.delayMs = 50;
    const first = outcome(token);
    world.agents.event({ observedAt: 0, type: 'DELETED', object: podObject('agent-a', 'node-a') });
    expect(await first).toBe('node-a');
    world.api.remove('Pod', 'netscribe', 'agent-a');
    expect(await outcome(token)).toBe('token-refused');
  });

  test('that said no is kept for 5 seconds', async () => {
    expect(await outcome('made-up')).toBe('token-refused');
    expect(await outcome('made-up')).toBe('token-refused');
    expect(world.api.reviews.seen).toHaveLength(1);
    world.clock.ms = 5_000;
    expect(await outcome('made-up')).toBe('token-refused');
    expect(world.api.reviews.seen).toHaveLength(2);
  });

  test('is made once however many wait for it', async () => {
    world.api.reviews.delayMs = 50;
    const token = world.token();
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => outcome(token))))).toEqual(
      new Set(['node-a']),
    );
    expect(world.api.reviews.seen).toHaveLength(1);
  });

  test('of a stranger finds half of 50 places taken by strangers; who was let in before finds one', async () => {
    const known = world.token();
    await outcome(known);
    world.clock.ms = 60_000;
    world.api.reviews.delayMs = 200;
    const strangers = Array.from({ length: 40 }, (_, index) =>
      outcome(`made-up-${index}`, `192.0.2.${index}`),
    );
    const again = outcome(known);
    const answers = await Promise.all(strangers);
    expect(answers.filter((each) => each === 'reviews-busy')).toHaveLength(15);
    expect(answers.filter((each) => each === 'token-refused')).toHaveLength(25);
    expect(await again).toBe('node-a');
    expect(world.api.reviews.most).toBeLessThanOrEqual(50);
  });

  test('of a fresh token is made while one address sends made-up tokens without end', async () => {
    world.api.reviews.delayMs = 200;
    const flood = Array.from({ length: 60 }, (_, index) => outcome(`made-up-${index}`, '192.0.2.66'));
    const fresh = outcome(world.token(), '192.0.2.1');
    const answers = await Promise.all(flood);
    expect(answers.filter((each) => each === 'token-refused')).toHaveLength(5);
    expect(await fresh).toBe('node-a');
  });

  test('is not made again because many were refused', async () => {
    const known = world.token();
    await outcome(known);
    for (let round = 0; round < 220; round++)
      await Promise.all(
        Array.from({ length: 5 }, (_, index) => outcome(`made-up-${round}-${index}`, '192.0.2.66')),
      );
    const before = world.api.reviews.seen.length;
    expect(await outcome(known)).toBe('node-a');
    expect(world.api.reviews.seen).toHaveLength(before);
  });

  test('that cannot be made is no refusal, and what is known stays known', async () => {
    const known = world.token();
    const other = world.token();
    await outcome(known);
    await world.api.close();
    expect(await outcome(known)).toBe('node-a');
    expect(await outcome(other)).toBe('reviews-unavailable');
  });

  test.each([403, 404, 429, 500])('answered with %d is no refusal', async (status) => {
    world.api.reviews.failWith = status;
    expect(await outcome(world.token())).toBe('reviews-unavailable');
  });
});

test.each<[string, Parameters<AccessWorld['token']>[0], string]>([
  ['another audience', { audience: 'https://kubernetes.default.svc' }, 'token-refused'],
  ['an expired token', { livesMs: -1 }, 'token-refused'],
  ['another service account', { serviceAccount: 'default' }, 'not-an-agent'],
])('%s is refused', async (_, asked, code) => {
  expect(await outcome(world.token(asked))).toBe(code);
});

test('an answer without audiences is a refusal: its authenticator did not look at them', async () => {
  world.api.tokens.withoutAudiences = true;
  expect(await outcome(world.token())).toBe('token-refused');
});

test('a token that is bound to nothing says of no node that it is there', async () => {
  const token = world.api.tokens.issue({
    namespace: 'netscribe',
    serviceAccount: 'agent',
    audience: 'netscribe',
  });
  expect(await outcome(token)).toBe('token-not-bound');
});
