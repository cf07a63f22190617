/**
 * Prints metrics in the Prometheus text exposition format, version 0.0.4. It holds no state: whoever counts, counts, and
 * gives its numbers here. Labels must be bounded: never an address, a pod or a flow key.
 */

export interface MetricSample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  /** As in `netscribe_agent_batches_total`; a counter ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  /** None prints the family's head alone, which tells a reader that it exists. */
  readonly samples: readonly MetricSample[];
}

/** The media type of `metricsText`. */
export const METRICS_MEDIA_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** All families, each under its help and type, in the order given. */
export function metricsText(families: readonly MetricFamily[]): string {
  return families.map(familyText).join('');
}

function familyText({ name, help, type, samples }: MetricFamily): string {
  const head = `# HELP ${name} ${escape(help)}\n# TYPE ${name} ${type}\n`;
  return (
    head + samples.map(({ labels, value }) => `${name}${labelsText(labels)} ${valueText(value)}\n`).join('')
  );
}

function labelsText(labels: MetricSample['labels']): string {
  const pairs = Object.entries(labels ?? {}).map(
    ([name, value]) => `${name}="${escape(value).replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** The format's own words for what is no finite number. */
function valueText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
