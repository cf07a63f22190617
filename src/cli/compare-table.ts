/** What changed as `netscribe compare` prints it: a table for people, one JSON object a line for programs. */
import type { ReachChange } from '../netpol/compare.ts';
import { protocolsText } from './eval-reach.ts';
import { endJson, endText, portTexts, portsText } from './reach-text.ts';
import { textTable } from './text-table.ts';

export function changesJson(changes: readonly ReachChange[]): string {
  return changes
    .map(({ client, server, protocol, allowedOnlyBefore, allowedOnlyAfter, pods }) => ({
      client: endJson(client),
      server: endJson(server),
      protocol,
      allowedOnlyBefore: portTexts(allowedOnlyBefore),
      allowedOnlyAfter: portTexts(allowedOnlyAfter),
      pods,
    }))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
}

/** Protocols that change alike share a line. */
export function changesTable(changes: readonly ReachChange[]): string {
  const lines = Map.groupBy(changes, (change) => cellsOf(change).join('\n'));
  return textTable(
    ['CLIENT', 'SERVER', 'PROTOCOL', 'ONLY OLD', 'ONLY NEW'],
    [...lines.values()].flatMap((same) => {
      const [change] = same;
      if (change === undefined) return [];
      const [client = '', server = '', before = '', after = ''] = cellsOf(change);
      return [[client, server, protocolsText(same), before, after]];
    }),
  );
}

function cellsOf({ client, server, allowedOnlyBefore, allowedOnlyAfter, pods }: ReachChange): string[] {
  const share = pods === 'some' ? ' (some pods)' : '';
  const cell = (ports: ReachChange['allowedOnlyBefore']) =>
    ports.length === 0 ? '-' : `${portsText(ports)}${share}`;
  return [endText(client), endText(server), cell(allowedOnlyBefore), cell(allowedOnlyAfter)];
}
