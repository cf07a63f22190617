/** Half an hour of three nodes' batches, what is known of their pods, and how it is attributed. */
import type { Flow } from '../../src/domain/flow.ts';
import { ip } from '../../src/domain/ip.ts';
import type { Knowledge } from '../../src/identity/attribute.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import type { Due } from '../../src/server/ledger.ts';
import type { Batch } from '../../src/wire/batch.ts';
import { batch, HOUR } from '../store/samples.ts';
import { flow, podFact } from '../world.ts';

const NODES = 3;
const PODS_OF_A_NODE = 8;
const WINDOWS = 180;
const WINDOW_MS = 10_000;
/** Of one window; with all windows and nodes several commits' worth. */
const FLOWS = 32;
const STRANGER = '10.244.9.9';

export const DUE: Due = {
  now: HOUR + 3_600_000,
  until: HOUR + 3_600_000,
  finalBefore: HOUR + 3_600_000,
  retryMs: 1000,
};

export function knowledge(): Omit<Knowledge, 'listeners'> {
  const book = new LeaseBook();
  for (let node = 0; node < NODES; node++)
    for (let pod = 0; pod < PODS_OF_A_NODE; pod++)
      book.observePod(
        podFact(`shop/app${pod}-${node}`, addressOf(node, pod), { at: HOUR / 1000 - 60, node: nameOf(node) }),
        HOUR - 50_000,
      );
  const ranges = { pods: new Set([ip(STRANGER)]), services: new Set<never>() };
  return { book, ranges, frontier: () => Number.POSITIVE_INFINITY };
}

export function backlog(): Batch[] {
  return Array.from({ length: WINDOWS }, (_, window) =>
    Array.from({ length: NODES }, (_node, node) => {
      const windowStart = HOUR + window * WINDOW_MS;
      return batch(window + 1, {
        nodeName: nameOf(node),
        nodeUid: nameOf(node),
        windowStart,
        windowEnd: windowStart + WINDOW_MS,
        flows: Array.from({ length: FLOWS }, (_flow, index) => flowOf(node, index, windowStart / 1000)),
      });
    }),
  ).flat();
}

/** From a pod of the node to one of the next node; now and then to an address that nobody is known to have. */
function flowOf(node: number, index: number, second: number): Flow {
  const from = addressOf(node, index % PODS_OF_A_NODE);
  const to = addressOf((node + 1) % NODES, (index * 3) % PODS_OF_A_NODE);
  const server = index === FLOWS - 1 ? STRANGER : to;
  return flow(`${from}:40000 > ${server}:${8080 + (index % 5)} ${index % 4 === 0 ? 'udp' : 'tcp'}`, {
    second: second + (index % 10),
    opened: 1 + (index % 3),
  });
}

function nameOf(node: number): string {
  return `node-${node}`;
}

function addressOf(node: number, pod: number): string {
  return `10.244.${node}.${pod + 1}`;
}
