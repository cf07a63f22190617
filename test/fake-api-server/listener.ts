/** The socket side of the fake API server: it listens, goes away with all its connections, and comes back at the same address. */
import http from 'node:http';
import type { RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Only clients with a certificate of this authority are let in. */
  readonly clientCa?: string;
}

export class Listener {
  readonly #tls: ServerTls | null;
  readonly #handle: RequestListener;
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();
  #server: http.Server | null = null;
  #host = '127.0.0.1';
  #port = 0;

  constructor(tls: ServerTls | null, handle: RequestListener) {
    this.#tls = tls;
    this.#handle = handle;
  }

  get url(): string {
    const host = this.#host.includes(':') ? `[${this.#host}]` : this.#host;
    return `${this.#tls === null ? 'http' : 'https'}://${host}:${this.#port}`;
  }

  /** Port 0 takes a free one. */
  async open(host: string, port: number): Promise<void> {
    const server = this.#create();
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    this.#host = host;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Connections are reset and new ones refused for so many ms, or until it may come back. Resolves when it listens again, or was closed meanwhile. */
  async away(back: number | Promise<unknown>): Promise<void> {
    await this.#leave();
    const { signal } = this.#closing;
    if (typeof back === 'number') await sleep(back, undefined, { signal }).catch(() => undefined);
    else await Promise.race([back, once(signal, 'abort')]);
    if (!this.#closing.signal.aborted) await this.open(this.#host, this.#port);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#leave();
  }

  #create(): http.Server {
    if (this.#tls === null) return http.createServer(this.#handle);
    const { cert, key, clientCa } = this.#tls;
    const client =
      clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
    return https.createServer({ cert, key, ...client }, this.#handle);
  }

  async #leave(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
