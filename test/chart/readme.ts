/** Makes the chart's README from the comments of values.yaml, so that no value is without its sentence. */
import { isMap, isScalar, parseDocument } from 'yaml';
import type { Pair, YAMLMap } from 'yaml';

interface Row {
  readonly path: string;
  /** JSON; empty for a group of values. */
  readonly fallback: string;
  readonly sentence: string;
}

const HEAD = `# netscribe

Watches what a cluster's workloads really say to each other and drafts least-privilege NetworkPolicies for people to review.
It installs an agent on every node (a DaemonSet) and one server (a StatefulSet with a volume), and applies no policy.

\`\`\`
kubectl create namespace netscribe
kubectl label namespace netscribe pod-security.kubernetes.io/enforce=privileged
helm install netscribe helm/netscribe --namespace netscribe --set image.repository=registry.example/netscribe
\`\`\`

How to install, upgrade and remove it is in [docs/install.md](../../docs/install.md); what the agent may do on a node, and why, in
[docs/security-profile.md](../../docs/security-profile.md). Unknown values are refused. Each file of [ci](ci) is an example.

## Values
`;

/** Markdown. Throws for a value without a comment. */
export function chartReadme(valuesYaml: string): string {
  const document = parseDocument(valuesYaml);
  if (!isMap(document.contents)) throw new TypeError('values.yaml is no map');
  const rows = rowsOf(document.contents, { path: '', sentence: document.commentBefore ?? '' });
  const table = rows.map(
    ({ path, fallback, sentence }) =>
      `| \`${path}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${sentence} |`,
  );
  return [HEAD, '| value | default | meaning |', '| --- | --- | --- |', ...table, ''].join('\n');
}

function rowsOf(map: YAMLMap, group: { readonly path: string; readonly sentence: string }): Row[] {
  return map.items.flatMap((pair, index) => {
    const path = group.path === '' ? nameOf(pair) : `${group.path}.${nameOf(pair)}`;
    // The comment before a map's first key is the map's own.
    const own = commentOf(pair.key) || (index === 0 ? (map.commentBefore ?? '') : '');
    const sentence = oneLine(own === '' && index === 0 && group.path === '' ? group.sentence : own);
    const { value } = pair;
    if (isMap(value) && value.items.length > 0 && (sentence === '' || hasComments(value))) {
      const below = rowsOf(value, { path, sentence });
      return sentence === '' ? below : [{ path, fallback: '', sentence }, ...below];
    }
    if (sentence === '') throw new TypeError(`values.yaml says nothing of ${path}`);
    return [{ path, fallback: shortened(JSON.stringify(map.toJSON()[nameOf(pair)])), sentence }];
  });
}

/** A long default is better read where it stands. */
function shortened(json: string): string {
  return json.length <= 60 ? json : 'see values.yaml';
}

function nameOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function commentOf(key: unknown): string {
  return isScalar(key) ? (key.commentBefore ?? '') : '';
}

function hasComments(map: YAMLMap): boolean {
  return map.items.some((pair, index) => {
    if (commentOf(pair.key) !== '' || (index === 0 && (map.commentBefore ?? '') !== '')) return true;
    return isMap(pair.value) && hasComments(pair.value);
  });
}

/** Table cells have no line breaks, and a bar would end them. */
function oneLine(comment: string): string {
  return comment.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim();
}
