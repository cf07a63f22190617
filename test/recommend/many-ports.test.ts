/** Many ports of one server, which become ranges within their pools. */
import { describe, expect, test } from 'vitest';
import { edge, service, workloadInfo } from '../world.ts';
import { codesOf, drafted, draftOf, rulesOf } from './drafted.ts';

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

test('a range never reaches over the tunnel port of a mesh, by which any port is reached', () => {
  const edges = Array.from({ length: 17 }, (_, index) =>
    edge(`shop/web -> shop/db:${15_000 + index * 2 + 1}/tcp`),
  );
  const [rule = ''] = rulesOf(drafted([web, db], edges), 'shop/db', 'ingress');
  expect(rule.split(' ').at(-1)).toBe('14976-15007/TCP,15009-15039/TCP');
});

/** Only peers that no more than a network holds are trusted with ports beside those seen. */
describe('many ports, few of them neighbours,', () => {
  const numbers = [1024, 32_767, ...Array.from({ length: 15 }, (_, index) => 2000 + 2 * index)];
  const each = numbers.toSorted((a, b) => a - b).map((port) => `${port}/TCP`);
  const rule = (result: ReturnType<typeof drafted>, title: string): string[] =>
    rulesOf(result, 'shop/web')
      .find((text) => text.includes(title))
      ?.split(' ')
      .at(-1)
      ?.split(',') ?? [];

  test('of public addresses are each allowed, and no other', () => {
    const result = drafted(
      [web],
      numbers.map((port) => edge(`shop/web -> external@93.184.215.14:${port}/tcp`)),
    );
    expect(rule(result, 'public addresses')).toEqual(each);
    expect(codesOf(result, 'shop/web')).toEqual(['many-ports']);
  });

  test('of a wide range that was given are each allowed, and no other', () => {
    const edges = numbers.map((port) => edge(`node:n@192.168.7.1 -> shop/web:${port}/tcp`));
    const known = { nodeCidrs: ['192.168.0.0/16'], controlPlaneCidrs: [] };
    expect(rule(drafted([web], edges, { known }), 'nodes')).toEqual(each);
  });

  test('of addresses are a range, as of pods', () => {
    const edges = numbers.map((port) => edge(`node:n@192.168.7.1 -> shop/web:${port}/tcp`));
    expect(rule(drafted([web], edges), 'nodes')).toEqual(['1024-15007/TCP', '15009-32767/TCP']);
  });

  test('that are exposed are each open to any source, and no other', () => {
    const ports = numbers.map((port) => ({
      protocol: 'tcp' as const,
      port,
      targetPort: port,
      nodePort: port,
    }));
    const detail = { services: [service('shop/web', { type: 'NodePort', ports })] };
    const edges = numbers.map((port) => edge(`external@198.51.100.7 -> shop/web:${port}/tcp`));
    expect(rule(drafted([web], edges, { detail }), 'any source')).toEqual(each);
  });

  test('that the API server calls are each open to any source, and no other', () => {
    const ports = numbers.map((port) => ({
      protocol: 'tcp' as const,
      port,
      targetPort: port,
      nodePort: null,
    }));
    const webhooks = numbers.map((port) => ({
      kind: 'APIService' as const,
      name: `v1.${port}`,
      service: { namespace: 'shop', name: 'web', port },
    }));
    const result = drafted([web], [], { detail: { services: [service('shop/web', { ports })], webhooks } });
    expect(rule(result, 'any source')).toEqual(each);
  });
});

test('thousands of ports of public addresses are a list of ranges that holds them and no other', () => {
  const edges = Array.from({ length: 5000 }, (_, index) =>
    edge(`shop/web -> external@93.184.215.14:${20_000 + index + Math.floor(index / 100)}/udp`),
  );
  const rule = draftOf(drafted([web], edges), 'shop/web').rules.find(({ basis }) => basis === 'observed');
  expect(rule?.ports).toHaveLength(50);
  const ranges = (rule?.ports ?? []).map(({ port, endPort }) => Number(endPort ?? port) - Number(port) + 1);
  expect(ranges.reduce((sum, size) => sum + size, 0)).toBe(5000);
});
