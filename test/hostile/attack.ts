/** Ways to speak to a server badly: whole requests over TLS or not, raw bytes, and connections that do nothing. */
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

/** An address that is not the good agent's; all of 127.0.0.0/8 is this machine. */
export const ATTACKER = '127.0.0.9';
/** The address of one who takes all connections that an address may have. */
export const HOARDER = '127.0.0.8';

export interface Asked {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  /** The authority of a TLS server. */
  readonly ca?: string;
}

/** What came back in one short text, such as `401 token-refused` or `closed`. */
export async function ask(url: string, asked: Asked = {}): Promise<string> {
  const { status, body } = await answerTo(url, asked);
  return status === 0 ? 'closed' : summaryOf(status, body);
}

/** Status 0 when the connection ended without an answer. */
export function answerTo(
  url: string,
  { method = 'GET', headers = {}, body, ca }: Asked,
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: string }> {
  const isTls = url.startsWith('https:');
  return new Promise((resolve) => {
    const nothing = (): void => resolve({ status: 0, headers: {}, body: '' });
    const request = (isTls ? https : http).request(
      url,
      { method, headers, agent: false, localAddress: ATTACKER, ...(ca !== undefined && { ca }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
        response.on('error', nothing);
      },
    );
    request.on('error', nothing);
    request.end(body);
  });
}

/** Sends bytes as they are and returns what the answer begins with, in short. */
export async function raw(url: string, bytes: string, ca?: string): Promise<string> {
  const socket = await connected(url, ca);
  return await new Promise((resolve) => {
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
      if (/\r\n\r\n[^]*[}\n]$/.test(answer)) socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answerSummary(answer)));
    socket.write(bytes, 'latin1');
  });
}

/** An open connection, with TLS when there is an authority. */
export function connected(url: string, ca?: string, localAddress = ATTACKER): Promise<net.Socket> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const plain = net.connect({ host, port: Number(port), localAddress });
    plain.once('error', reject);
    if (ca === undefined) {
      plain.once('connect', () => resolve(plain));
      return;
    }
    const secure = tls.connect({ socket: plain, ca, servername: 'localhost' }, () => resolve(secure));
    secure.once('error', reject);
  });
}

/** Whether a handshake with no later version than this one is refused. */
export function handshake(
  url: string,
  version: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2',
  ca: string,
): Promise<string> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = tls.connect({
      host,
      port: Number(port),
      ca,
      localAddress: ATTACKER,
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    } as tls.ConnectionOptions);
    socket.once('secureConnect', () => {
      resolve(`connected with ${socket.getProtocol()}`);
      socket.destroy();
    });
    socket.once('error', () => resolve('handshake refused'));
  });
}

/** Resolves with the seconds after which the server closed the connection. */
export function untilClosed(socket: net.Socket): Promise<number> {
  const began = performance.now();
  return new Promise((resolve) => {
    const end = (): void => resolve((performance.now() - began) / 1000);
    socket.resume();
    socket.on('error', () => undefined);
    if (socket.destroyed) end();
    else socket.once('close', end);
  });
}

function answerSummary(answer: string): string {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
  return status === 0 ? 'closed' : summaryOf(status, answer.slice(answer.indexOf('\r\n\r\n') + 4));
}

function summaryOf(status: number, body: string): string {
  const code = /"code":"([a-z-]+)"/.exec(body)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
}
