/**
 * Where the listeners bind, and which requests the one on loopback lets in: it serves without a password, so it binds no
 * other address, and it answers only browsers' pages of its own (DESIGN.md section 7).
 */
import { isIPv4 } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../domain/problem.ts';
import { shorten } from './problem-json.ts';

const BINDABLE = ['127.0.0.1', '::1', 'localhost'];

export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** Whether only this machine reaches what listens on this host. */
export function isLoopback(host: string): boolean {
  return BINDABLE.includes(host);
}

/** Binds the app on loopback and returns where it answers. Port 0 takes any free port. Throws a ProblemError when it cannot. */
export async function listen(
  app: FastifyInstance,
  address: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const { host } = address;
  if (isLoopback(host)) return listenAnywhere(app, address);
  throw new ProblemError('not-loopback', `This server listens on loopback only, not on ${host}.`, {
    hint: `Use one of ${BINDABLE.join(', ')}.`,
  });
}

/** As `listen`, on any address of this machine: for what other machines must reach. */
export async function listenAnywhere(
  app: FastifyInstance,
  address: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const { host, port } = address;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new ProblemError('bad-port', `${port} is not a port number from 0 to 65535.`);
  }
  try {
    await app.listen({ host, port, listenTextResolver: () => 'listening' });
  } catch (error) {
    await app.close();
    throw bindProblem(error, urlHost(host), port);
  }
  const bound = app.server.address();
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  const scheme = app.server instanceof TlsServer ? 'https' : 'http';
  return {
    url: `${scheme}://${urlHost(host)}:${boundPort}`,
    async close() {
      await app.close();
    },
  };
}

export interface Listeners {
  /** Where each answers, by its name. */
  readonly urls: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Opens all of them, in order, or none: `api` on loopback only. Throws a ProblemError for the first that cannot. */
export async function openListeners(
  wanted: readonly {
    readonly name: 'api' | 'ingest' | 'probes';
    readonly app: FastifyInstance;
    readonly at: { readonly host: string; readonly port: number };
  }[],
): Promise<Listeners> {
  const open: Listening[] = [];
  const urls: Record<string, string> = {};
  const close = async (): Promise<void> => {
    for (const each of open.toReversed()) await each.close();
  };
  try {
    for (const { name, app, at } of wanted) {
      const listening = await (name === 'api' ? listen(app, at) : listenAnywhere(app, at));
      open.push(listening);
      urls[name] = listening.url;
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { urls, close };
}

/**
 * Throws a ProblemError unless the request was made to a loopback name. A page that rebinds its own DNS name to
 * 127.0.0.1 sends that name as Host; a page of another origin names itself in Origin. A port-forward keeps
 * `localhost` but changes the port, so any port will do.
 */
export function requireLoopback(headers: {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}): void {
  const host = hostOf(headers.host);
  if (host === null) {
    throw new ProblemError(
      'host-refused',
      `The Host header ${JSON.stringify(shorten(headers.host ?? ''))} is not a loopback name.`,
      { hint: 'Open it as http://127.0.0.1 or http://localhost, through kubectl port-forward if need be.' },
    );
  }
  if (headers.origin !== undefined && headers.origin !== host.origin) {
    throw new ProblemError(
      'origin-refused',
      `A page of ${JSON.stringify(shorten(headers.origin))} may not use this server.`,
    );
  }
}

/** The Host header as a loopback URL, or null. Parsed by shape first: a URL parser alone takes too much for a host. */
function hostOf(header: string | undefined): URL | null {
  const match = /^(localhost|[0-9.]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/i.exec(header ?? '');
  const name = match?.[1]?.toLowerCase();
  if (name === undefined || !URL.canParse(`http://${header}`)) return null;
  const isLocal = name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
  return isLocal ? new URL(`http://${header}`) : null;
}

function bindProblem(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const where = `${host}:${port}`;
  const cause = { cause: error };
  switch (code) {
    case 'EADDRINUSE':
      return new ProblemError('port-in-use', `${where} is already in use by another process.`, {
        hint: 'Stop that process or choose another port; port 0 takes any free one.',
        ...cause,
      });
    case 'EACCES':
      return new ProblemError('port-not-permitted', `This user may not listen on ${where}.`, {
        hint: 'Choose a port from 1024 up.',
        ...cause,
      });
    case 'EADDRNOTAVAIL':
      return new ProblemError('address-not-available', `This machine has no address ${host}.`, {
        hint: 'Listen on 127.0.0.1.',
        ...cause,
      });
    default:
      return error;
  }
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
