/**
 * The fake API server's remote control, for a lab whose API server is a process of its own: `POST /__control` with one JSON
 * object of commands, `GET /__history` with everything that happened, a line each as a capture's watch file holds it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BreakingOff, Faults, FaultyAnswer } from './faults.ts';
import { finishPod } from './pod-life.ts';
import type { Grant } from './reviews.ts';
import type { FakeApiServer, GivenObject } from './server.ts';
import type { TokenAsked } from './tokens.ts';

interface ObjectName {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** Carried out in this order. */
interface Commands {
  readonly put?: GivenObject | readonly GivenObject[];
  readonly patch?: ObjectName & { readonly merge: Record<string, unknown> };
  readonly finish?: { readonly namespace: string; readonly name: string; readonly at?: number };
  readonly remove?: ObjectName | readonly ObjectName[];
  readonly holdBack?: { readonly kind: string; readonly ms: number };
  readonly answer?: FaultyAnswer;
  readonly heal?: true;
  readonly silent?: boolean;
  readonly compact?: true;
  readonly cutWatches?: true | BreakingOff;
  /** What Faults calls them, set as they are given. */
  readonly faults?: Partial<Omit<Faults, 'answers' | 'holdBackMs' | 'answerTo' | 'resetsNext' | 'heal'>>;
  /** The only bearer token let in from now on; null lets everybody in. */
  readonly token?: string | null;
  readonly dateOffsetMs?: number;
  readonly failWatches?: { readonly code: number; readonly message: string };
  readonly away?: number;
  /** Answered with its `token`. */
  readonly issueToken?: TokenAsked;
  readonly grant?: Grant;
}

/** Serves the two paths on the server that it controls. */
export function attachControl(server: FakeApiServer): void {
  server.onOtherPath = (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    if (pathname === '/__history' && request.method === 'GET') {
      tellHistory(server, Number(searchParams.get('after') ?? 0), response);
      return true;
    }
    if (pathname !== '/__control' || request.method !== 'POST') return false;
    void control(server, request, response);
    return true;
  };
}

async function control(
  server: FakeApiServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const commands = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Commands;
    carryOut(server, commands);
    const { issueToken } = commands;
    const token = issueToken === undefined ? {} : { token: server.tokens.issue(issueToken) };
    const answer = JSON.stringify({ resourceVersion: String(server.version), ...token });
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer, () => {
      // It must have answered before it goes. A failure to listen again ends the process, loudly.
      if (commands.away !== undefined) void server.away(commands.away);
    });
  } catch (error) {
    response.writeHead(400, { 'content-type': 'text/plain' }).end(`${String(error)}\n`);
  }
}

function carryOut(server: FakeApiServer, commands: Commands): void {
  const { faults } = server;
  for (const object of [commands.put ?? []].flat()) server.put(object);
  const { patch, finish, holdBack, answer } = commands;
  if (patch !== undefined) server.patch(patch.kind, patch.namespace ?? '', patch.name, patch.merge);
  if (finish !== undefined) finishPod(server, finish.namespace, finish.name, finish.at ?? Date.now());
  for (const { kind, namespace, name } of [commands.remove ?? []].flat()) {
    if (!server.remove(kind, namespace ?? '', name))
      throw new Error(`there is no ${kind} ${namespace ?? ''}/${name}`);
  }
  if (holdBack !== undefined) server.holdBack(holdBack.kind, holdBack.ms);
  if (answer !== undefined) faults.answers.push(answer);
  if (commands.heal === true) faults.heal();
  if (commands.faults !== undefined) Object.assign(faults, commands.faults);
  if (commands.token !== undefined) server.token = commands.token;
  if (commands.dateOffsetMs !== undefined) server.dateOffsetMs = commands.dateOffsetMs;
  if (commands.silent !== undefined) faults.silent = commands.silent;
  if (commands.grant !== undefined) server.reviews.grants.push(commands.grant);
  if (commands.compact === true) server.compact();
  if (commands.cutWatches !== undefined)
    server.cutWatches(commands.cutWatches === true ? 'close' : commands.cutWatches);
  if (commands.failWatches !== undefined)
    server.failWatches(commands.failWatches.code, commands.failWatches.message);
}

function tellHistory(server: FakeApiServer, after: number, response: ServerResponse): void {
  const lines = server
    .history()
    .filter((event) => event.resourceVersion > after)
    .map(({ at, type, object }) => JSON.stringify({ observedAt: new Date(at).toISOString(), type, object }));
  response.writeHead(200, { 'content-type': 'application/jsonl' });
  response.end(lines.map((line) => `${line}\n`).join(''));
}
