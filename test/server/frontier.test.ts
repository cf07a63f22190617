import { describe, expect, test } from 'vitest';
import { Frontier } from '../../src/server/frontier.ts';

const S = 1000;
const timing = { slackMs: 20 * S, deadAfterMs: 60 * S, settleMs: 60 * S };

describe('the frontier', () => {
  test('nothing is known before a kubelet has spoken', () => {
    expect(new Frontier(timing).reached(100 * S)).toBe(Number.NEGATIVE_INFINITY);
    expect(new Frontier(timing).of('a', 100 * S)).toBe(Number.NEGATIVE_INFINITY);
  });

  test('is the last renewal less the slack, of the slowest living node', () => {
    const frontier = new Frontier(timing);
    frontier.renewed('a', 100 * S);
    frontier.renewed('b', 90 * S);
    expect(frontier.of('a', 101 * S)).toBe(80 * S);
    expect(frontier.reached(101 * S)).toBe(70 * S);
  });

  test('stands still while the kubelet is silent, and a dead node holds nobody up', () => {
    const frontier = new Frontier(timing);
    frontier.renewed('a', 100 * S);
    frontier.renewed('b', 100 * S);
    frontier.renewed('a', 170 * S);
    expect(frontier.of('b', 171 * S)).toBe(80 * S);
    expect(frontier.reached(171 * S)).toBe(150 * S);
  });

  test('a renewal that arrives late takes nothing back', () => {
    const frontier = new Frontier(timing);
    frontier.renewed('a', 100 * S);
    frontier.renewed('a', 90 * S);
    expect(frontier.of('a', 101 * S)).toBe(80 * S);
  });

  test('stands still from an API outage until the kubelets had time to catch up', () => {
    const frontier = new Frontier(timing);
    frontier.renewed('a', 100 * S);
    frontier.outage(105 * S, 200 * S);
    frontier.renewed('a', 201 * S);
    expect(frontier.reached(201 * S)).toBe(85 * S);
    frontier.renewed('a', 261 * S);
    expect(frontier.reached(261 * S)).toBe(241 * S);
  });
});
