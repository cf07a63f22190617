/** The calls that the enforcing lab makes: everything that the truth has, and nothing that it has among those to be dropped. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { allowedProbes } from '../../e2e/lab/enforce-allowed.ts';
import { dnsProbes } from '../../e2e/lab/enforce-dns.ts';
import { drawInside, drawOutside } from '../../e2e/lab/enforce-draw.ts';
import { namedDenials } from '../../e2e/lab/enforce-named.ts';
import type { Probe } from '../../e2e/lab/enforce-probe.ts';
import { Dice } from '../../e2e/lab/enforce-random.ts';
import { NODES } from '../../e2e/lab/world.ts';
import { readAddresses, readTruth } from '../replay/truth.ts';
import { labCluster } from './enforce-world.ts';

const EXAMPLE = path.join(import.meta.dirname, '../../examples/online-boutique');
const from = { cluster: labCluster(), truth: readTruth(EXAMPLE), addresses: readAddresses(EXAMPLE) };

function keys(probes: readonly Probe[]): string[] {
  return probes.map(({ process, order }) => `${process} ${JSON.stringify(order)}`);
}

/** `shop/web -> shop/db:5432/tcp`, as a line of the truth would be. */
function lines(probes: readonly Probe[]): Set<string> {
  return new Set(probes.map(({ line }) => line));
}

describe('calls that must be allowed', () => {
  const probes = allowedProbes(from.truth.edges, from.cluster);

  it('are every line of the truth’s first part', () => {
    const wanted = from.truth.edges.map(
      ({ client, server, protocol, port }) => `${client} -> ${server}:${port}/${protocol.toLowerCase()}`,
    );
    expect([...lines(probes)].toSorted()).toEqual([...new Set(wanted)].toSorted());
  });

  it('refuse a line that nobody knows how to make again', () => {
    const line = { client: 'shop/frontend', server: 'shop/redis-cart', protocol: 'TCP', port: 6379 };
    expect(() => allowedProbes([line], from.cluster)).toThrow('no way to make again');
  });

  it('enter NodePorts at the other node, which is what the pods then see', () => {
    const outside = probes.filter(({ process }) => process === 'ext');
    expect(outside.length).toBeGreaterThan(1);
    for (const { dialled, seenAs } of outside) {
      expect(dialled).toEqual({ address: NODES['node-b'].ipv4, port: 30_080 });
      expect(seenAs).toBe(NODES['node-b'].ipv4);
    }
  });

  it('let every pod with the cluster’s DNS ask it over both transports', () => {
    const asking = dnsProbes(from.cluster);
    const pods = from.cluster.pods.filter(({ workload }) => workload !== 'kube-system/coredns');
    expect(asking).toHaveLength(2 * pods.length);
    expect(new Set(asking.map(({ process }) => process))).toEqual(new Set(pods.map(({ name }) => name)));
  });
});

describe('denials', () => {
  const inside = drawInside(200, new Dice(1), from);
  const outside = drawOutside(50, new Dice(1), from);

  it('are as many as asked for, all different', () => {
    expect(new Set(keys(inside)).size).toBe(200);
    expect(new Set(keys(outside)).size).toBe(50);
  });

  it('are the same for the same seed, and others for another', () => {
    expect(keys(drawInside(200, new Dice(1), from))).toEqual(keys(inside));
    expect(keys(drawInside(200, new Dice(2), from))).not.toEqual(keys(inside));
  });

  it('hold nothing that the truth has', () => {
    const allowed = new Set([
      ...lines(allowedProbes(from.truth.edges, from.cluster)),
      ...lines(dnsProbes(from.cluster)),
    ]);
    const denied = [...inside, ...outside, ...namedDenials(from).probes];
    expect([...lines(denied)].filter((line) => allowed.has(line))).toEqual([]);
    expect(outside.filter(({ line }) => line.endsWith('-> shop/frontend:8080/tcp'))).toEqual([]);
  });

  it('are of every kind: pods, Services, addresses and nodes; both families, both transports', () => {
    const kinds = {
      pods: inside.filter(
        ({ client, servers, dialled }) =>
          client.pod !== null && servers[0]?.address === dialled.address && servers[0].pod !== null,
      ),
      services: inside.filter(({ servers, dialled }) => servers[0]?.address !== dialled.address),
      addresses: inside.filter(({ servers }) => servers[0]?.pod === null),
      nodes: inside.filter(({ client }) => client.pod === null),
      ipv6: inside.filter(({ dialled }) => dialled.address.includes(':')),
      udp: inside.filter(({ protocol }) => protocol === 'udp'),
      ipv6FromOutside: outside.filter(({ dialled }) => dialled.address.includes(':')),
    };
    for (const [kind, probes] of Object.entries(kinds)) expect(probes.length, kind).toBeGreaterThan(7);
  });

  it('have every named line of the truth but those of Service addresses', () => {
    const { probes, unmakeable } = namedDenials(from);
    expect(unmakeable).toBe(1);
    expect(lines(probes).size).toBeGreaterThan(from.truth.denials.named.length - 10);
  });
});
