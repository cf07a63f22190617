/**
 * The agent's own HTTP listener, on loopback: /metrics, /healthz and /readyz. It shows numbers and changes nothing.
 */
import type * as Http from 'node:http';
import { ProblemError } from '../domain/problem.ts';
import { METRICS_MEDIA_TYPE } from '../runtime/metrics-text.ts';
import { http } from './node-http.ts';
import { isLoopbackHost } from '../runtime/host-port.ts';

export interface ListenerPages {
  /** Prometheus text. */
  metrics(): string;
  /** Why the agent is of no use at the moment, or null. */
  notReady(): string | null;
}

export interface Listener {
  /** As in `http://127.0.0.1:9464`. */
  readonly url: string;
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** A scraper and three probes need a handful; more is somebody's mistake. */
const MAX_CONNECTIONS = 32;
const REQUEST_TIMEOUT_MS = 10_000;
const PLAIN = 'text/plain; charset=utf-8';

/** Port 0 takes any free port. Throws a ProblemError `cannot-listen`. */
export async function listen(
  { host, port }: { readonly host: string; readonly port: number },
  pages: ListenerPages,
): Promise<Listener> {
  const server = http.createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const page = pageOf(request, pages);
    response.writeHead(page.status, {
      'content-type': page.type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : page.text);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const at = host.includes(':') ? `[${host}]` : host;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(`${at}:${port}`, error)));
    server.listen({ host, port }, resolve);
  });
  const bound = server.address();
  return {
    url: `http://${at}:${typeof bound === 'object' && bound !== null ? bound.port : port}`,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function pageOf(request: Http.IncomingMessage, pages: ListenerPages): Page {
  if (!isLoopbackHeader(request.headers.host)) return plain(403, 'the Host header is not a loopback name');
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET and HEAD');
  const [path = ''] = (request.url ?? '/').split('?', 1);
  switch (path) {
    case '/healthz':
      return plain(200, 'ok');
    case '/readyz': {
      const reason = pages.notReady();
      return reason === null ? plain(200, 'ready') : plain(503, reason);
    }
    case '/metrics':
      return { status: 200, type: METRICS_MEDIA_TYPE, text: pages.metrics() };
    default:
      return plain(404, 'there are /metrics, /healthz and /readyz');
  }
}

/** A page that rebinds its own name to 127.0.0.1 sends that name; a port-forward changes the port, so any will do. */
function isLoopbackHeader(header: string | undefined): boolean {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return isLoopbackHost((match?.[1] ?? match?.[2] ?? '').toLowerCase());
}

function plain(status: number, text: string): Page {
  return { status, type: PLAIN, text: `${text}\n` };
}

function cannotListen(where: string, error: Error): ProblemError {
  return new ProblemError('cannot-listen', `The agent cannot listen on ${where}: ${error.message}.`, {
    hint: 'Choose another port with --listen, or --listen off.',
    cause: error,
  });
}
