import { describe, expect, test } from 'vitest';
import { Frontier } from '../../src/server/frontier.ts';

const S = 1000;
const timing = { slackMs: 20 * S, deadAfterMs: 60 * S, settleMs: 60 * S };

/** As a kubelet renews its Lease, every 10 s; in seconds. */
function renewed(frontier: Frontier, node: string, from: number, until: number): void {
  for (let at = from; at <= until; at += 10) frontier.renewed(node, at * S);
}

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
    renewed(frontier, 'a', 100, 170);
    frontier.renewed('b', 100 * S);
    expect(frontier.reached(159 * S)).toBe(80 * S);
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
    renewed(frontier, 'a', 201, 251);
    expect(frontier.reached(251 * S)).toBe(85 * S);
    frontier.renewed('a', 261 * S);
    expect(frontier.reached(261 * S)).toBe(241 * S);
  });
});

describe('the frontier of a kubelet that comes back', () => {
  test('stands still until it has been back for the slack, and then is as if nothing had been', () => {
    const frontier = new Frontier(timing);
    frontier.renewed('a', 100 * S);
    renewed(frontier, 'a', 121, 131);
    expect(frontier.of('a', 132 * S)).toBe(80 * S);
    frontier.renewed('a', 141 * S);
    expect(frontier.of('a', 141 * S)).toBe(121 * S);
  });

  test('is no later for renewals that are apart by no more than the slack', () => {
    const frontier = new Frontier(timing);
    const apart = [10, 10.4, 9.6, 20, 1, 19.9, 10, 20, 20];
    let at = 100 * S;
    frontier.renewed('a', at);
    for (const seconds of apart) {
      at += seconds * S;
      frontier.renewed('a', at);
      expect(frontier.of('a', at)).toBe(at - 20 * S);
      expect(frontier.reached(at)).toBe(at - 20 * S);
    }
  });

  test('stands where it stood when the kubelet falls silent again before it caught up', () => {
    const frontier = new Frontier(timing);
    for (const at of [100, 150, 160, 200, 210]) frontier.renewed('a', at * S);
    expect(frontier.of('a', 211 * S)).toBe(80 * S);
    frontier.renewed('a', 220 * S);
    expect(frontier.of('a', 220 * S)).toBe(200 * S);
  });

  test('waits from a boot that its node told, however short the silence was', () => {
    const frontier = new Frontier(timing);
    renewed(frontier, 'a', 100, 110);
    frontier.rebooted('a', 112 * S);
    renewed(frontier, 'a', 120, 130);
    expect(frontier.of('a', 131 * S)).toBe(90 * S);
    frontier.rebooted('a', 131 * S);
    renewed(frontier, 'a', 140, 150);
    expect(frontier.of('a', 150 * S)).toBe(90 * S);
    frontier.renewed('a', 160 * S);
    expect(frontier.of('a', 160 * S)).toBe(140 * S);
  });

  test('holds others up for as long as a silence could, and no longer', () => {
    const frontier = new Frontier(timing);
    frontier.renewed('a', 100 * S);
    renewed(frontier, 'b', 100, 180);
    frontier.renewed('a', 159 * S);
    expect(frontier.reached(159 * S)).toBe(80 * S);
    expect(frontier.reached(161 * S)).toBe(160 * S);
    renewed(frontier, 'a', 169, 179);
    expect(frontier.reached(180 * S)).toBe(159 * S);
  });
});
