import { describe, expect, test } from 'vitest';
import { edgeKeyText } from '../../src/domain/edge.ts';
import type { Flow } from '../../src/domain/flow.ts';
import { ip } from '../../src/domain/ip.ts';
import { attribute } from '../../src/identity/attribute.ts';
import type { Attribution } from '../../src/identity/attribute.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { flow, podFact } from '../world.ts';

/** web on node-a, db on node-b behind Service shop/db, from second 10; old-1 held web's address until second 5. */
function world(): LeaseBook {
  const book = new LeaseBook();
  book.observeNode({ name: 'node-a', uid: 'a', createdAt: 0, ips: [ip('192.168.100.1')] }, 0);
  book.observeNode({ name: 'node-b', uid: 'b', createdAt: 0, ips: [ip('192.168.100.2')] }, 0);
  book.observeService(
    {
      namespace: 'shop',
      name: 'db',
      uid: 's',
      createdAt: 0,
      ips: [ip('10.96.0.11')],
      ports: [{ protocol: 'tcp', port: 80 }],
      nodePorts: [{ protocol: 'tcp', port: 30080 }],
    },
    0,
  );
  book.observePod(
    podFact('shop/old-1', '10.244.1.2', {
      at: 0,
      phase: 'Succeeded',
      lastContainerFinish: 4000,
      sandboxGoneAt: 4000,
    }),
    5000,
  );
  book.observePod(podFact('shop/web-1', '10.244.1.2', { at: 10, node: 'node-a' }), 12_000);
  book.observePod(podFact('shop/db-1', '10.244.2.2', { at: 10, node: 'node-b' }), 12_000);
  return book;
}

function attributed(
  seen: Flow,
  listens: readonly string[] = [],
  node = 'node-a',
  frontier = Number.POSITIVE_INFINITY,
): Attribution {
  const listeners = {
    listens: (protocol: string, address: string, port: number) =>
      listens.includes(`${address}:${port}/${protocol}`),
  };
  return attribute(
    {
      book: world(),
      ranges: { pods: new Set<never>(), services: new Set<never>() },
      listeners,
      frontier: () => frontier,
      mayWait: false,
    },
    { node, readLagMs: 250 },
    seen,
  );
}

function edges(result: Attribution): string[] {
  return result.evidence.map(edgeKeyText);
}

const WEB_TO_DB = 'workload:shop/Deployment/web -> workload:shop/Deployment/db:8080/tcp';

describe('attribution', () => {
  test('the reply tuple names the server, on its own port; the Service is how it was dialled', () => {
    const result = attributed(flow('10.244.1.2:51110 > 10.96.0.11:80 = 10.244.2.2:8080 tcp'));
    expect(edges(result)).toEqual([WEB_TO_DB]);
    expect(result.evidence[0]).toMatchObject({
      service: { namespace: 'shop', name: 'db' },
      opened: 1,
      witness: 'node-a',
      view: { ownNode: false },
    });
  });

  test('each second is attributed by itself: nothing goes to the former holder of the address', () => {
    const seen = flow('10.244.1.2:1 > 10.244.2.2:8080 tcp');
    const result = attributed({
      ...seen,
      seconds: [2, 7, 100].map((second) => ({ second, opened: 1, answered: 1 })),
    });
    expect(edges(result)).toEqual([WEB_TO_DB]);
    expect(result.unattributed.map((row) => [row.reason, row.end, row.count])).toEqual([
      ['no-holder-then', 'server', 1],
      ['no-holder-then', 'server', 1],
    ]);
  });

  test('opened and answered are those of the second, present that of the dump at its own time', () => {
    const result = attributed({
      ...flow('10.244.1.2:1 > 10.244.2.2:8080 tcp', { opened: 3, answered: 2 }),
      presences: [{ at: 200_000, count: 5 }],
    });
    expect(
      result.evidence.map(({ opened, answered, present, first }) => ({ opened, answered, present, first })),
    ).toEqual([
      { opened: 3, answered: 2, present: 0, first: 100_000 },
      { opened: 0, answered: 0, present: 5, first: 200_000 },
    ]);
  });

  test('an entry whose last packet passed before a hand-over is not told of the successor, one that it refreshed is', () => {
    const at = (idleMs?: number): string[] => {
      const presence = { at: 60_000, count: 1, ...(idleMs !== undefined && { idleMs }) };
      const seen = flow('10.244.1.2:1 > 10.244.2.2:8080 udp');
      const result = attributed({ ...seen, seconds: [], presences: [presence] });
      return [...edges(result), ...result.unattributed.map(({ reason }) => reason)];
    };
    const ofSuccessor = ['workload:shop/Deployment/web -> workload:shop/Deployment/db:8080/udp'];
    expect([at(), at(20_000), at(58_000)]).toEqual([ofSuccessor, ofSuccessor, ['ambiguous']]);
  });

  test('seenAs is what the server saw: the node, while the client stays who dialled', () => {
    const result = attributed(
      flow('192.168.100.50:4000 > 192.168.100.1:30080 = 10.244.2.2:8080 as 192.168.100.1 tcp'),
    );
    expect(edges(result)).toEqual(['external@192.168.100.50 -> workload:shop/Deployment/db:8080/tcp']);
    expect(result.evidence[0]?.service).toEqual({ namespace: 'shop', name: 'db' });
    expect(result.evidence[0]?.view).toEqual({
      seen: { kind: 'node', name: 'node-a', address: '192.168.100.1' },
      ownNode: false,
    });
  });

  test("a pod's own node is told apart from other nodes", () => {
    const own = attributed(flow('192.168.100.2:4000 > 10.244.2.2:8080 tcp'), [], 'node-b');
    expect(own.evidence[0]?.view.ownNode).toBe(true);
    const other = attributed(flow('192.168.100.1:4000 > 10.244.2.2:8080 tcp'), [], 'node-b');
    expect(other.evidence[0]?.view.ownNode).toBe(false);
  });

  test('a Service address is never a server', () => {
    const result = attributed(flow('10.244.1.2:1 > 10.96.0.11:80 tcp'));
    expect(result.evidence).toEqual([]);
    expect(result.unattributed).toMatchObject([{ reason: 'service-address', end: 'server', count: 1 }]);
  });

  test('what cannot be attributed is counted with its reason and an example', () => {
    const result = attributed(flow('10.244.1.2:1 > 10.244.2.2:8080 tcp', { second: 7, opened: 4 }));
    expect(result.evidence).toEqual([]);
    expect(result.unattributed).toEqual([
      {
        reason: 'no-holder-then',
        end: 'server',
        hour: 0,
        count: 4,
        example: 'tcp|10.244.1.2|10.244.2.2|8080|||',
        at: 7000,
      },
    ]);
  });

  test('a pod whose kubelet has not reported past the second is not certain', () => {
    const seen = flow('10.244.1.2:1 > 10.244.2.2:8080 tcp', { second: 100 });
    expect(attributed(seen, [], 'node-a', 100_500).unattributed).toMatchObject([
      { reason: 'frontier', end: 'server' },
    ]);
    expect(edges(attributed(seen, [], 'node-a', 101_000))).toEqual([WEB_TO_DB]);
  });

  describe('guessed flows', () => {
    const midStream = '10.244.2.2:8080 > 10.244.1.2:53024 tcp?';
    test('picked up from the answering side are turned round when only that end listens', () => {
      expect(edges(attributed(flow(midStream), ['10.244.2.2:8080/tcp']))).toEqual([WEB_TO_DB]);
    });
    test('picked up from the dialling side stay as they are', () => {
      expect(
        edges(attributed(flow('10.244.1.2:53024 > 10.244.2.2:8080 tcp?'), ['10.244.2.2:8080/tcp'])),
      ).toEqual([WEB_TO_DB]);
    });
    test('that were masqueraded keep their direction when the server listens, and are never turned round', () => {
      const masqueraded = flow('10.244.1.2:53024 > 192.168.100.25:587 as 192.168.100.1 tcp?');
      expect(edges(attributed(masqueraded, ['192.168.100.25:587/tcp']))).toEqual([
        'workload:shop/Deployment/web -> external@192.168.100.25:587/tcp',
      ]);
      expect(edges(attributed(masqueraded, ['10.244.1.2:53024/tcp']))).toEqual([]);
    });
    test.each([[[]], [['10.244.2.2:8080/tcp', '10.244.1.2:53024/tcp']]])(
      "are nobody's when neither or both ends listen (%j)",
      (listens) => {
        const result = attributed(flow(midStream), listens);
        expect(result.evidence).toEqual([]);
        expect(result.unattributed).toMatchObject([{ reason: 'orientation', end: 'flow' }]);
      },
    );
  });
});
