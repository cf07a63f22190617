/** A verification for people: what would break first, then everything else that was found, then how it was measured. */
import type { DeniedEdgeJson, NewlyAllowedJson, VerifyAnswerJson } from '../wire/verify-json.ts';
import { plural } from './command.ts';

/** Ends with a newline. The last line is the verdict. */
export function verifyTable(answer: VerifyAnswerJson): string {
  const { denied, unjudged, newlyAllowed, leftOut } = answer;
  const of = (wanted: (edge: DeniedEdgeJson) => boolean): string[][] =>
    denied.filter(wanted).flatMap(deniedRows);
  const sections = [
    section(
      'Would break',
      of(({ breaks }) => breaks),
      DENIED_HEAD,
    ),
    section(
      'Denied, and denied before as well',
      of(({ breaks, need }) => !breaks && need === 'needed'),
      DENIED_HEAD,
    ),
    section('Denied, but noise: nobody answered, or a scan', noiseRows(denied), NOISE_HEAD),
    section(
      'Not judged',
      unjudged.map((edge) => [
        edge.client.title,
        `${edge.server.title}:${edge.port}/${edge.protocol}`,
        ...countsOf(edge),
        `nothing is left of ${edge.gone.map(({ title }) => title).join(', ')}`,
      ]),
      ['CLIENT', 'SERVER', ...COUNTS_HEAD, 'WHY'],
    ),
    section('Newly allowed, seen or not', newlyAllowed.map(newlyAllowedRow), [
      'CLIENT',
      'SERVER',
      'PORTS',
      'PODS',
    ]),
    leftOutText(leftOut),
    answer.explanation === null ? '' : `${answer.explanation.trimEnd()}\n`,
    figures(answer),
    caveatsText(answer),
  ];
  return `${[...sections.filter((text) => text !== ''), verdict(answer)].join('\n')}\n`;
}

const COUNTS_HEAD = ['OPENED', 'PRESENT', 'ANSWERED', 'LAST SEEN'];
const DENIED_HEAD = ['CLIENT', 'SERVER', 'SIDE', ...COUNTS_HEAD, 'WHY'];

const NOISE_HEAD = ['CLIENT', 'SERVER', 'PORTS', 'OPENED', 'ANSWERED', 'LAST SEEN', 'NOISE'];

/** One row a side; what is the same at both stands once. */
function deniedRows(edge: DeniedEdgeJson): string[][] {
  const head = [edge.client.title, `${edge.server.title}:${edge.port}/${edge.protocol}`];
  return edge.sides.map(({ side, seenAs, reason }, index) => {
    const isFirst = index === 0;
    const disguise =
      seenAs === null || seenAs.title === edge.client.title ? '' : ` (seen as ${seenAs.title})`;
    const part = edge.ways === 'some' ? ', some pods or addresses only' : '';
    return [
      ...(isFirst ? head : ['', '']),
      side,
      ...(isFirst ? countsOf(edge) : ['', '', '', '']),
      `${reason.code}: ${reason.sentence}${disguise}${part}`,
    ];
  });
}

/** Ports of one noisy pair that a row names; a scan has hundreds. */
const MAX_PORTS_NAMED = 4;

/** One row for each pair of ends: the JSON has every port. */
function noiseRows(denied: readonly DeniedEdgeJson[]): string[][] {
  const noise = denied.filter(({ need }) => need !== 'needed');
  const pairs = Map.groupBy(noise, ({ client, server, need }) =>
    [client.title, server.title, need].join('\n'),
  );
  return [...pairs].map(([pair, edges]) => {
    const [client = '', server = '', need = ''] = pair.split('\n');
    const ports = edges.map(({ port, protocol }) => `${port}/${protocol}`);
    const more = ports.length - MAX_PORTS_NAMED;
    const lastSeen = edges.reduce((last, edge) => (edge.lastSeen > last ? edge.lastSeen : last), '');
    return [
      client,
      server,
      `${ports.slice(0, MAX_PORTS_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
      String(edges.reduce((sum, { opened }) => sum + opened, 0)),
      String(edges.reduce((sum, { answered }) => sum + answered, 0)),
      lastSeen,
      need,
    ];
  });
}

type Counted = Pick<DeniedEdgeJson, 'opened' | 'present' | 'answered' | 'lastSeen'>;

function countsOf({ opened, present, answered, lastSeen }: Counted): string[] {
  return [String(opened), String(present), String(answered), lastSeen];
}

function newlyAllowedRow({ client, server, protocol, ports, pods }: NewlyAllowedJson): string[] {
  const ranges = ports.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  return [endText(client), endText(server), `${protocol} ${ranges.join(',')}`, pods];
}

function endText(end: NewlyAllowedJson['client']): string {
  return end.kind === 'group' ? end.title : `outside ${end.ranges.join(',')}`;
}

function section(title: string, rows: readonly (readonly string[])[], head: readonly string[]): string {
  if (rows.length === 0) return '';
  const table = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function leftOutText({ denied, unjudged, newlyAllowed }: VerifyAnswerJson['leftOut']): string {
  const total = denied + unjudged + newlyAllowed;
  return total === 0
    ? ''
    : `Rows left out: denied ${denied}, not judged ${unjudged}, newly allowed ${newlyAllowed}. Verify one namespace with -n.\n`;
}

function figures({ window, policies, summary, reachable }: VerifyAnswerJson): string {
  const { judged, before, after, replaced, removed, touchedNamespaces } = policies;
  const changes = [
    ...(replaced.length > 0 ? [`replaces ${replaced.join(', ')}`] : []),
    ...(removed.length > 0 ? [`removes ${removed.join(', ')}`] : []),
    touchedNamespaces.length > 0 ? `touches ${touchedNamespaces.join(', ')}` : 'changes nothing',
  ];
  const counts = [
    `recorded ${summary.edges}`,
    `allowed ${summary.allowed}`,
    `would break ${summary.wouldBreak}`,
    `denied before ${summary.deniedBefore}`,
    `noise ${summary.noise}`,
    `not judged ${summary.unjudged}`,
    `newly let through ${summary.admitted}`,
  ];
  return [
    `Window:    ${window.start} to ${window.end} (${window.measured})`,
    `Policies:  ${judged} judged; ${before} before, ${after} after; ${changes.join('; ')}`,
    `Edges:     ${counts.join(', ')}`,
    `Reachable: ${reachable.before ?? 'not counted'} before, ${reachable.after ?? 'not counted'} after, of ${reachable.possible} (${reachable.measured})`,
    '',
  ].join('\n');
}

function caveatsText({ caveats }: VerifyAnswerJson): string {
  return caveats.length === 0
    ? ''
    : `Caveats:\n${caveats.map(({ code, sentence }) => `  ${code}: ${sentence}\n`).join('')}`;
}

function verdict({ summary }: VerifyAnswerJson): string {
  if (summary.wouldBreak > 0) return `Would break: ${plural(summary.wouldBreak, 'edge')}.`;
  return summary.allowed > 0 || summary.deniedBefore > 0 || summary.noise > 0
    ? 'Would break nothing that was recorded.'
    : 'Nothing was judged.';
}
