/**
 * Judges what a reflector tells against the server's own history, while it is told. Between lists every event must come once
 * and in order; a list may sum up what happened since the last one, and then the objects must be those that were there at its
 * version. Every told object must be a state that the server really had. It judges no waiting.
 */
import type { ClusterEvent } from '../../../src/kube/cluster-model.ts';
import type { ReflectorSink, Resource, Trouble } from '../../../src/kube/watch/reflector.ts';
import { PODS } from '../../../src/kube/watch/resources.ts';
import type { KubeObject } from '../../../src/kube/watch/slim-object.ts';
import type { FakeApiServer, HistoryEvent } from '../../fake-api-server/server.ts';

interface Known {
  readonly uid: string;
  readonly version: number;
}

export class Witness implements ReflectorSink {
  readonly #server: FakeApiServer;
  readonly #kind: string;
  readonly #hasStatus: boolean;
  /** What an observer who believes every event thinks there is. */
  readonly #view = new Map<string, Known>();
  /** What was there at the version up to which everything is said to be told. */
  readonly #truth = new Map<string, Known>();
  readonly #dead = new Set<string>();
  readonly #states = new Map<string, HistoryEvent>();
  #historyRead = 0;
  #judged = 0;
  #toldSince: string[] = [];
  #hasListed = false;
  #version = 0;
  readonly violations: string[] = [];
  readonly troubles: Trouble[] = [];
  told = 0;
  lists = 0;
  /** Events of the server's history that were told as they happened, and those that a list summed up. */
  toldExactly = 0;
  summedUp = 0;
  missed = 0;
  /** Deletions that only a list showed. */
  unseenDeletions = 0;
  /** Unix ms of the last thing told, trouble included. */
  lastSignAt = 0;

  constructor(server: FakeApiServer, { kind, shape }: Resource = PODS) {
    this.#server = server;
    this.#kind = kind;
    this.#hasStatus = shape !== 'metadata';
  }

  /** Whether everything that has happened was told. */
  get isCaughtUp(): boolean {
    const now = this.#server.objects(this.#kind);
    return (
      this.lists > 0 &&
      now.length === this.#view.size &&
      now.every((object) => {
        const { uid, resourceVersion } = object.metadata;
        const known = this.#view.get(keyOf(object));
        return known?.uid === uid && known.version === Number(resourceVersion);
      })
    );
  }

  /** Whether all that was told has been compared with the history. */
  get isJudged(): boolean {
    return this.#toldSince.length === 0;
  }

  event({ type, object }: ClusterEvent): void {
    this.lastSignAt = Date.now();
    if (type === 'BOOKMARK') {
      this.violations.push('a bookmark was told as an event');
      return;
    }
    this.told++;
    const told = object as KubeObject;
    const { uid } = told.metadata;
    const version = Number(told.metadata.resourceVersion);
    const key = keyOf(told);
    const line = `${type} ${key} ${uid} @${version}`;
    this.#toldSince.push(line);
    const before = this.#view.get(key);
    if (this.#dead.has(uid)) this.violations.push(`${line}: told after its deletion`);
    if (type === 'ADDED' ? before !== undefined : before?.uid !== uid)
      this.violations.push(`${line}: there was ${before?.uid ?? 'nothing'} under this name`);
    if (before?.uid === uid && version < before.version)
      this.violations.push(`${line}: older than told before`);
    this.#compare(line, told, type === 'DELETED' && before?.version === version ? null : type);
    if (type === 'DELETED') {
      this.#view.delete(key);
      this.#dead.add(uid);
    } else this.#view.set(key, { uid, version });
  }

  synced(): void {
    this.lastSignAt = Date.now();
    this.lists++;
    this.#hasListed = true;
  }

  progressed(_: unknown, resourceVersion: string): void {
    this.lastSignAt = Date.now();
    const version = Number(resourceVersion);
    if (version < this.#version) this.violations.push(`progress went back to @${version}`);
    this.#version = version;
    this.#judge(version);
  }

  trouble(_: unknown, problem: Trouble): void {
    this.lastSignAt = Date.now();
    this.troubles.push(problem);
  }

  /** Everything up to this version is said to be told: is it? */
  #judge(version: number): void {
    this.#readHistory();
    const history = this.#server.history();
    const happened: string[] = [];
    for (; (history[this.#judged]?.resourceVersion ?? Infinity) <= version; this.#judged++) {
      const event = history[this.#judged];
      if (event === undefined || event.kind !== this.#kind) continue;
      const { uid } = event.object.metadata;
      happened.push(lineOf(event));
      if (event.type === 'DELETED') this.#truth.delete(keyOf(event.object));
      else this.#truth.set(keyOf(event.object), { uid, version: event.resourceVersion });
    }
    const told = new Set(this.#toldSince);
    const exactly = happened.filter((line) => told.has(line)).length;
    this.toldExactly += exactly;
    if (this.#hasListed) {
      this.summedUp += happened.length - exactly;
      this.unseenDeletions += [...told].filter(
        (line) => line.startsWith('DELETED') && !this.#states.has(line),
      ).length;
    } else {
      this.missed += happened.length - exactly;
      if (happened.join('\n') !== this.#toldSince.join('\n'))
        this.violations.push(
          `up to @${version}: told [${this.#toldSince.join('; ')}], happened [${happened.join('; ')}]`,
        );
    }
    this.#compareView(version);
    this.#toldSince = [];
    this.#hasListed = false;
  }

  #compareView(version: number): void {
    for (const key of new Set([...this.#view.keys(), ...this.#truth.keys()])) {
      const [seen, real] = [this.#view.get(key), this.#truth.get(key)];
      if (seen?.uid === real?.uid && seen?.version === real?.version) continue;
      this.missed++;
      this.violations.push(`up to @${version}: ${key} is ${textOf(real)}, told ${textOf(seen)}`);
    }
  }

  /** A told object must be a state the server had, under the same name, with what tells it apart; `type` null: any event's. */
  #compare(line: string, told: KubeObject, type: HistoryEvent['type'] | null): void {
    this.#readHistory();
    const suffix = line.slice(line.indexOf(' '));
    const event = typesOf(type)
      .map((each) => this.#states.get(each + suffix))
      .find((each) => each !== undefined);
    if (event === undefined) this.violations.push(`${line}: the server never had this`);
    else if (this.#contentOf(event.object) !== this.#contentOf(told))
      this.violations.push(`${line}: ${this.#contentOf(told)}`);
  }

  /** What an object of the tests says of itself, whatever else is projected away. */
  #contentOf(object: object): string {
    const { apiVersion, kind, metadata, status } = object as {
      readonly apiVersion?: unknown;
      readonly kind?: unknown;
      readonly metadata: { readonly labels?: unknown };
      readonly status?: { readonly phase?: unknown; readonly podIP?: unknown };
    };
    const own = this.#hasStatus ? [status?.phase, status?.podIP] : [];
    return JSON.stringify([apiVersion, kind, metadata.labels, ...own]);
  }

  #readHistory(): void {
    const history = this.#server.history();
    for (; this.#historyRead < history.length; this.#historyRead++) {
      const event = history[this.#historyRead];
      if (event?.kind === this.#kind) this.#states.set(lineOf(event), event);
    }
  }
}

function lineOf({ type, object }: HistoryEvent): string {
  const { uid, resourceVersion } = object.metadata;
  return `${type} ${keyOf(object)} ${uid} @${resourceVersion}`;
}

function keyOf({
  metadata,
}: {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function typesOf(type: HistoryEvent['type'] | null): readonly HistoryEvent['type'][] {
  if (type === null) return ['ADDED', 'MODIFIED', 'DELETED'];
  return type === 'DELETED' ? ['DELETED'] : ['ADDED', 'MODIFIED'];
}

function textOf(known: Known | undefined): string {
  return known === undefined ? 'gone' : `${known.uid} @${known.version}`;
}
