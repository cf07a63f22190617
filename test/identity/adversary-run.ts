/** One run: the cluster's facts are delivered one by one, questions are asked meanwhile, and every answer is held against the truth. */
import type { IpAddress } from '../../src/domain/ip.ts';
import type { PodFact } from '../../src/identity/facts.ts';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import type { RevisedSpan } from '../../src/identity/lease-book.ts';
import { resolve } from '../../src/identity/resolve.ts';
import type { Interval } from '../../src/identity/resolve.ts';
import { podFactOf } from '../../src/kube/pod-fact.ts';
import { AdversaryCluster } from './adversary-cluster.ts';
import type { Lateness, Sandbox } from './adversary-telling.ts';
import { Dice } from './adversary-dice.ts';
import { HeardKubelets } from './adversary-kubelets.ts';
import { watched } from './adversary-watch.ts';

/** How the run departs from the truth about the product: what a mutation check changes. */
export interface Play {
  readonly lateness: Lateness;
  /** Facts as the book is told them. */
  readonly tell: (fact: PodFact) => PodFact;
  /** How far answers are given: as the server does, as one that waits for no kubelet's return, or at once. */
  readonly frontier: 'served' | 'by-last-renewal' | 'none';
  /** The pods as which the book is told of this one, by their uids. */
  readonly toldAs: (uid: string) => readonly string[];
}

/** Kubelets that tell within a second, as a frontier with this slack presumes. */
export const PUNCTUAL: Lateness = { usualMs: 300, worstMs: 1000 };
/** Kubelets that may tell minutes later, while their Leases are renewed. */
export const LATE: Lateness = { usualMs: 500, worstMs: 60_000 };

export const HONEST: Play = {
  lateness: LATE,
  tell: (fact) => fact,
  frontier: 'served',
  toldAs: (uid) => [uid],
};

const QUESTIONS_PER_FACT = 3;
const LAST_QUESTIONS = 120;

export interface Outcome {
  /** What contradicts the claims; empty when they hold. */
  readonly broken: readonly string[];
  /** Answers given while facts came, that were exact; of those the ones that were wrong when they were given. */
  readonly exactThen: number;
  readonly wrongThen: number;
  /** Answers after the last fact. */
  readonly asked: number;
  readonly exact: number;
}

interface Answer {
  readonly ip: IpAddress;
  readonly interval: Interval;
  readonly truth: string;
  readonly said: string;
  readonly lease: string;
  /** How many revised spans had been told before. */
  readonly after: number;
}

export function adversaryRun(seed: number, play: Play): Outcome {
  const dice = new Dice(seed);
  const cluster = new AdversaryCluster(dice, play.lateness);
  const sights = watched(cluster, dice);
  const uncertaintyMs = dice.between(0, 400);
  const reading = (skewMs: number) => ({
    offsetMs: -skewMs + dice.between(-uncertaintyMs, uncertaintyMs),
    uncertaintyMs,
  });
  const nodeClocks = new Map(cluster.nodes.map(({ name, skewMs }) => [name, reading(skewMs)]));
  const api = reading(cluster.apiSkewMs);
  const clocks = { api, node: (name: string) => nodeClocks.get(name) ?? api };
  const book = new LeaseBook();
  const kubelets = new HeardKubelets(cluster, sights.cut);
  const revised: RevisedSpan[] = [];
  const answers: Answer[] = [];

  for (const delivery of sights.deliveries) {
    const { at } = delivery;
    kubelets.hear(at);
    switch (delivery.kind) {
      case 'unwatched':
        book.unwatched(delivery.from, delivery.until);
        break;
      case 'node': {
        const clock = clocks.node(delivery.node);
        book.observeNode(
          {
            name: delivery.node,
            uid: delivery.node,
            createdAt: 0,
            ips: [],
            bootId: delivery.bootId,
            reportedAt: Math.floor(delivery.heartbeat / 1000) * 1000 + clock.offsetMs,
            doubt: { apiMs: 0, nodeMs: clock.uncertaintyMs },
          },
          at,
        );
        break;
      }
      case 'pod': {
        const { object, uid } = delivery.version;
        const workload = { namespace: 'shop', kind: 'Pod', name: uid };
        const isAlive = (node: string): boolean => cluster.isUp(node, at);
        if (object === null) for (const each of play.toldAs(uid)) book.removePod(each, at);
        else book.observePod(play.tell(podFactOf(object, workload, { clocks, isAlive })), at);
        break;
      }
      default:
        delivery satisfies never;
    }
    for (const node of book.takeRebooted()) kubelets.rebooted(node, at);
    revised.push(...book.takeRevised());
    if (delivery.kind === 'unwatched') continue;
    for (let count = 0; count < QUESTIONS_PER_FACT; count++) {
      const sandbox = dice.pick(cluster.sandboxes);
      const latest = latestOf(kubelets, play.frontier, { node: sandbox.node, now: at });
      const answer = exactAnswer(book, sandbox, { dice, latest });
      if (answer !== null) answers.push({ ...answer, after: revised.length });
    }
  }
  return judged({ book, revised, answers, cluster, dice });
}

/** Unix ms up to which an answer about this node may be given. */
function latestOf(
  kubelets: HeardKubelets,
  frontier: Play['frontier'],
  { node, now }: { node: string; now: number },
): number {
  switch (frontier) {
    case 'served':
      return kubelets.frontierOf(node, now);
    case 'by-last-renewal':
      return kubelets.frontierByLast(node, now);
    case 'none':
      return now;
    default:
      return frontier satisfies never;
  }
}

/** What an exact answer about an instant of this sandbox says, as far as it may be given yet; null when it is none. */
function exactAnswer(
  book: LeaseBook,
  sandbox: Sandbox,
  by: { dice: Dice; latest: number },
): Omit<Answer, 'after'> | null {
  const { dice, latest } = by;
  if (sandbox.from > latest) return null;
  const at = dice.between(sandbox.from, Math.max(sandbox.from, Math.min(sandbox.until - 1, latest)));
  const interval = { start: at - dice.between(0, 300), end: at + dice.between(1, 300) };
  if (interval.end > latest) return null;
  const said = ask(book, sandbox.ip, interval);
  return said === null ? null : { ip: sandbox.ip, interval, truth: sandbox.uid, ...said };
}

function ask(book: LeaseBook, ip: IpAddress, interval: Interval): { said: string; lease: string } | null {
  const question = { observer: 'node-1', ip, port: null, protocol: 'tcp', interval } as const;
  const answer = resolve(book, { pods: new Set<never>(), services: new Set<never>() }, question);
  return answer.kind === 'exact' && answer.lease.holder.kind === 'pod'
    ? { said: answer.lease.holder.name, lease: answer.lease.id }
    : null;
}

function judged(run: {
  book: LeaseBook;
  revised: readonly RevisedSpan[];
  answers: readonly Answer[];
  cluster: AdversaryCluster;
  dice: Dice;
}): Outcome {
  const { book, revised, answers, cluster, dice } = run;
  const broken: string[] = [];
  let wrongThen = 0;
  for (const answer of answers) {
    const { ip, interval, truth } = answer;
    if (answer.said !== truth) wrongThen += 1;
    const now = ask(book, ip, interval);
    const what = `${ip} at ${interval.start}..${interval.end} was ${truth}`;
    if (now !== null && now.said !== truth) broken.push(`${what}, and still is said to be ${now.said}`);
    const isTold = revised
      .slice(answer.after)
      .some((span) => span.ip === ip && span.from < interval.end && span.until > interval.start);
    if (now?.lease !== answer.lease && !isTold)
      broken.push(`${what}; ${answer.lease} became ${now?.lease ?? 'doubt'}, which was not told`);
  }
  let exact = 0;
  for (let count = 0; count < LAST_QUESTIONS; count++) {
    const answer = exactAnswer(book, dice.pick(cluster.sandboxes), { dice, latest: cluster.end });
    if (answer === null) continue;
    exact += 1;
    if (answer.said !== answer.truth)
      broken.push(
        `${answer.ip} at ${answer.interval.start}..${answer.interval.end} was ${answer.truth}, and is said to be ${answer.lease}`,
      );
  }
  return { broken, exactThen: answers.length, wrongThen, asked: LAST_QUESTIONS, exact };
}
