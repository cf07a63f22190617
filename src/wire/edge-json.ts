/** Edges as the API prints them: both ends with titles, counts in total and by the hour, instants in RFC 3339. */
import { z } from 'zod';
import { edgeKeyText, edgeTotals } from '../domain/edge.ts';
import type { Edge, EdgeKey } from '../domain/edge.ts';
import { identityJson, portJson, printIdentity, protocolJson } from './identity-json.ts';
import { instant, listOf, rfc3339 } from './listing.ts';

const counts = {
  opened: z.number().describe('Connections seen opening.'),
  present: z.number().describe('Most connections that one look at the kernel table found alive.'),
  answered: z.number().describe('Of the connections seen, those that were answered.'),
  bytes: z.number().describe('Both directions; 0 where the kernel does not count bytes.'),
};

const podSample = z.object({
  names: listOf(z.string()).describe('At most 16, as `namespace/name`.'),
  count: z.number().describe('How many distinct pods there were.'),
});

export const edgeKeyJson = z
  .object({
    client: identityJson,
    server: identityJson,
    protocol: protocolJson,
    port: portJson.describe("The server's own port, after DNAT."),
  })
  .meta({ id: 'EdgeKey', description: 'Who connects to whom, on which protocol and port.' });

export const testimonyJson = z
  .object({
    agreed: z.number().describe('Every node that they passed told of them.'),
    oneSided: z.number().describe('A node told nothing, and was not watched or lost events.'),
    disputed: z.number().describe('A node told nothing, though it was watched without loss.'),
  })
  .describe(
    'Connections by how far nodes agree, the newest left out. All disputed: the edge enters no draft.',
  );

export const edgeJson = z
  .object({
    key: z.string().describe('One string per edge, stable across runs.'),
    ...edgeKeyJson.shape,
    ...counts,
    firstSeen: instant,
    lastSeen: instant,
    hours: listOf(z.object({ hour: instant.describe('Start of the hour.'), ...counts }))
      .optional()
      .describe('Hours that had any traffic, ascending; only when asked for.'),
    views: listOf(
      z.object({
        seen: identityJson.describe("The client as the server's side saw it."),
        ownNode: z.boolean().describe("Seen as an address of the very node that hosts the server's pod."),
      }),
    ),
    services: listOf(z.object({ namespace: z.string(), name: z.string() })).describe('Services dialled.'),
    witnesses: listOf(z.string()).describe('Names of the nodes that saw it.'),
    testimony: testimonyJson,
    batchWindows: z
      .number()
      .optional()
      .describe(
        'Of UDP alone: distinct batch windows (10 s of the clock) in which it was counted, 3 at most.',
      ),
    clientPods: podSample,
    serverPods: podSample,
  })
  .meta({ id: 'Edge', description: 'One need of one identity of another, with its evidence.' });

export type EdgeKeyJson = z.output<typeof edgeKeyJson>;
export type EdgeJson = z.output<typeof edgeJson>;

export function printEdgeKey(key: EdgeKey): EdgeKeyJson {
  return {
    client: printIdentity(key.client),
    server: printIdentity(key.server),
    protocol: key.protocol,
    port: key.port,
  };
}

/** An edge with its totals. The hours are left out: a week of them is fifty times as long as all the rest. */
export function printEdge(edge: Edge): EdgeJson {
  return {
    key: edgeKeyText(edge),
    ...printEdgeKey(edge),
    ...edgeTotals(edge),
    firstSeen: rfc3339(edge.firstSeen),
    lastSeen: rfc3339(edge.lastSeen),
    views: edge.views.map((view) => ({ seen: printIdentity(view.seen), ownNode: view.ownNode })),
    services: edge.services,
    witnesses: edge.witnesses,
    testimony: edge.testimony,
    ...(edge.batchWindows !== undefined && { batchWindows: edge.batchWindows }),
    clientPods: edge.clientPods,
    serverPods: edge.serverPods,
  };
}

export function printEdgeWithHours(edge: Edge): EdgeJson {
  const hours = edge.hours.map(({ hour, ...hourCounts }) => ({ hour: rfc3339(hour), ...hourCounts }));
  return { ...printEdge(edge), hours };
}
