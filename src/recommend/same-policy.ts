/** Whether two policies are written to mean the same: in another order, with defaults filled in or left out. It judges no traffic. */
import { compareText } from '../domain/text-order.ts';
import { isolatedDirections } from '../netpol/compile.ts';
import type {
  LabelSelector,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../netpol/policy.ts';

/** True only if no connection is judged differently; two that differ may still allow the same. */
export function isSamePolicy(a: NetworkPolicySpec, b: NetworkPolicySpec): boolean {
  return isAlike(written(a), written(b)) || normalText(a) === normalText(b);
}

/** Most that are the same are written the same but for the order of fields, and comparing that makes no text. */
function written(spec: NetworkPolicySpec): unknown {
  const directions = isolatedDirections(spec);
  return [
    spec.podSelector ?? {},
    directions.has('ingress') ? (spec.ingress ?? []) : null,
    directions.has('egress') ? (spec.egress ?? []) : null,
  ];
}

/** Equal values of JSON, where a field that is null is absent. */
function isAlike(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((each, index) => isAlike(each, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return (a ?? null) === (b ?? null);
  for (const key of Object.keys(a)) if (!isAlike(a[key], b[key])) return false;
  return Object.keys(b).every((key) => Object.hasOwn(a, key) || (b[key] ?? null) === null);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

type Listed<T> = readonly T[] | null | undefined;

function normalText(spec: NetworkPolicySpec): string {
  const directions = isolatedDirections(spec);
  const ingress = (spec.ingress ?? []).map(({ from, ports }) => ruleText(from, ports));
  const egress = (spec.egress ?? []).map(({ to, ports }) => ruleText(to, ports));
  return [
    selectorText(spec.podSelector ?? {}),
    directions.has('ingress') ? inOrder(ingress) : 'null',
    directions.has('egress') ? inOrder(egress) : 'null',
  ].join(' ');
}

/** No peers at all are any peer, and no ports any port. */
function ruleText(peers: Listed<NetworkPolicyPeer>, ports: Listed<NetworkPolicyPort>): string {
  return `${inOrder((peers ?? []).map(peerText))} ${inOrder((ports ?? []).map(portText))}`;
}

/** An absent selector is not an empty one (NETPOL rule 11). */
function peerText({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer): string {
  const pods = podSelector === null || podSelector === undefined ? '' : selectorText(podSelector);
  const namespaces =
    namespaceSelector === null || namespaceSelector === undefined ? '' : selectorText(namespaceSelector);
  if (ipBlock === null || ipBlock === undefined) return `${pods} in ${namespaces}`;
  const except = (ipBlock.except ?? []).map((each) => JSON.stringify(each));
  return `${pods} in ${namespaces} at ${JSON.stringify(ipBlock.cidr)} ${inOrder(except)}`;
}

/** TCP by default (NETPOL rule 15). */
function portText({ protocol, port, endPort }: NetworkPolicyPort): string {
  return `${protocol ?? 'TCP'} ${JSON.stringify(port ?? null)} ${endPort ?? ''}`;
}

/** A required label is the same as `In` with one value. */
function selectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = Object.entries(matchLabels ?? {}).map(([key, value]) =>
    JSON.stringify([key, 'In', [value]]),
  );
  const expressions = (matchExpressions ?? []).map(({ key, operator, values }) =>
    JSON.stringify([key, operator, (values ?? []).toSorted(compareText)]),
  );
  return inOrder([...labels, ...expressions]);
}

/** Each once. Most lists have one item. */
function inOrder(texts: readonly string[]): string {
  const [one = ''] = texts;
  return texts.length < 2 ? `[${one}]` : `[${[...new Set(texts)].toSorted(compareText).join(', ')}]`;
}
