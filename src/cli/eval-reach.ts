/** The list of allowed connections as `netscribe eval` prints it: a table for people, one JSON object a line for programs. */
import { PROTOCOLS } from '../domain/protocol.ts';
import type { Reach, ReachEnd } from '../netpol/reach.ts';
import { endJson, endText, portTexts, portsText } from './reach-text.ts';
import { textTable } from './text-table.ts';

/** `ports` as `80` or `8000-8080`; an outside end is a list of address ranges. */
export function reachJson(rows: readonly Reach[]): string {
  return rows
    .map(({ client, server, protocol, ports, pods }) => ({
      client: endJson(client),
      server: endJson(server),
      protocol,
      ports: portTexts(ports),
      pods,
    }))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
}

/** Protocols that allow the same ports share a line. */
export function reachTable(rows: readonly Reach[]): string {
  const lines = Map.groupBy(rows, (row) =>
    [endText(row.client), endText(row.server), portsText(row.ports), row.pods].join('\n'),
  );
  return textTable(
    ['CLIENT', 'SERVER', 'PROTOCOL', 'PORTS'],
    [...lines.values()].flatMap((same) => {
      const [row] = same;
      if (row === undefined) return [];
      const ports = `${portsText(row.ports)}${row.pods === 'some' ? ' (some pods)' : ''}`;
      return [[endText(row.client), endText(row.server), protocolsText(same), ports]];
    }),
  );
}

/** Whether an end is in the namespace. */
export function isIn(end: ReachEnd, namespace: string): boolean {
  return end.kind === 'group' && end.title.startsWith(`${namespace}/`);
}

export function protocolsText(rows: readonly Pick<Reach, 'protocol'>[]): string {
  const named = PROTOCOLS.filter((protocol) => rows.some((row) => row.protocol === protocol));
  return named.length === PROTOCOLS.length ? 'any' : named.join(', ');
}
