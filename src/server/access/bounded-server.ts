/**
 * An HTTP or HTTPS server whose connections are bounded in every way: how many, how many of one address, how long they may
 * take for a handshake, a header, a request, and how long they may be idle. It knows nothing of what is asked.
 */
import http from 'node:http';
import type { RequestListener, Server } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { CertificateSource } from './certificate.ts';

export interface ConnectionBounds {
  /** A whole request must arrive within this. */
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxConnectionsOfOneAddress: number;
}

export interface ServerParts {
  /** Null for plain HTTP. */
  readonly certificate: CertificateSource | null;
  readonly bounds: ConnectionBounds;
  /** Told of connections that were turned away before a request was read. */
  readonly refused: (code: 'too-many-connections' | 'tls-refused', detail: string) => void;
}

/** Request line and headers together, the same as Node's default. */
const MAX_HEADER_BYTES = 16 * 1024;
/** From the connection's first moment: one that says nothing is closed after this. */
const HEADERS_TIMEOUT_MS = 10_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Longer than the time between two batches of an agent, whose connection stays. */
const KEEP_ALIVE_MS = 75_000;
/** For answers that are under way when the server closes; a batch is stored within a second. */
const CLOSING_MS = 3_000;
/** How often connections are looked at for being late. */
const CHECK_EVERY_MS = 2_000;
/** DESIGN.md section 7; Node's own default, which an environment variable or a flag could lower. */
export const LEAST_TLS = 'TLSv1.2';

export function boundedServer(handle: RequestListener, parts: ServerParts): Server {
  const { certificate, bounds, refused } = parts;
  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    // The apps refuse such a request themselves, with the headers of every answer.
    requireHostHeader: false,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: bounds.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_EVERY_MS,
  };
  const server =
    certificate === null
      ? http.createServer(settings, handle)
      : secureServer(settings, { handle, certificate, refused });
  server.maxConnections = bounds.maxConnections;
  server.on('drop', () => refused('too-many-connections', 'as many as may be are open'));
  boundEachAddress(server, parts);
  endWithServer(server);
  return server;
}

/**
 * A server that closes looks no more at who is late, and waits for the last connection: whoever says nothing would keep
 * the process alive for ever.
 */
function endWithServer(server: Server): void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const close = server.close.bind(server);
  server.close = (done) => {
    setTimeout(() => {
      for (const socket of open) socket.destroy();
    }, CLOSING_MS).unref();
    return close(done);
  };
}

function secureServer(
  settings: http.ServerOptions,
  {
    handle,
    certificate,
    refused,
  }: Pick<ServerParts, 'refused'> & { handle: RequestListener; certificate: CertificateSource },
): Server {
  const server = https.createServer(
    {
      ...settings,
      ...certificate.current,
      minVersion: LEAST_TLS,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    handle,
  );
  certificate.follow((pair) => server.setSecureContext({ ...pair, minVersion: LEAST_TLS }));
  server.on('tlsClientError', (error: NodeJS.ErrnoException) =>
    refused('tls-refused', error.code ?? error.message.slice(0, 100)),
  );
  return server;
}

function boundEachAddress(server: Server, { bounds, refused }: ServerParts): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    if (count > bounds.maxConnectionsOfOneAddress) {
      refused('too-many-connections', 'one address has as many as it may');
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}
