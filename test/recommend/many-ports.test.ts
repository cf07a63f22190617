/** Many ports of one server, which become ranges within their pools. */
import { describe, expect, test } from 'vitest';
import { edge, workloadInfo } from '../world.ts';
import { codesOf, drafted, rulesOf } from './drafted.ts';

const web = workloadInfo('shop/web');
const db = workloadInfo('shop/db');

describe('many ports', () => {
  const calls = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => edge(`shop/web -> shop/db:${from + index}/udp`));
  const ports = (...edges: ReturnType<typeof calls>): string =>
    rulesOf(drafted([web, db], edges), 'shop/db', 'ingress')[0]
      ?.split(' ')
      .at(-1) ?? '';

  test('below 1024 are named services, however many', () => {
    expect(ports(...calls(600, 20)).split(',')).toHaveLength(20);
    expect(codesOf(drafted([web, db], calls(600, 20)), 'shop/db')).toEqual([]);
  });

  test('of RPC and of clients’ own range are two ranges', () => {
    expect(ports(...calls(20_000, 20), ...calls(50_000, 20))).toBe('20000-20031/UDP,49984-50047/UDP');
  });

  test('of a pool that has few stand by themselves beside the range of another', () => {
    expect(ports(...calls(20_000, 2), ...calls(50_000, 20))).toBe('20000/UDP,20001/UDP,49984-50047/UDP');
  });

  test('of a range that would reach below 1024 start there', () => {
    expect(ports(...calls(1024, 17))).toBe('1024-1055/UDP');
    expect(ports(...calls(1030, 1), ...calls(2040, 20))).toBe('1024-4095/UDP');
  });
});
