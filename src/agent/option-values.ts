/** Values of options from their text: null, or a sentence, for what makes no sense. */
import { isLoopbackHost } from '../runtime/host-port.ts';

/** An http(s) URL without anything but host and path; a path before the API's own is kept. */
export function parseServerUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return null;
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return isPlain ? url : null;
}

/** A whole number in decimal digits within the bounds, both included. */
export function parseWhole(text: string, least: number, most: number): number | null {
  if (!/^\d{1,15}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

/** `127.0.0.1:9464`, `localhost:0`, `[::1]:9464`. */
export function parseListen(text: string): { host: string; port: number } | null {
  const match = /^(?:\[(?<six>[0-9a-f:]+)\]|(?<four>[^:[\]]+)):(?<port>\d{1,5})$/i.exec(text);
  const host = match?.groups?.['six'] ?? match?.groups?.['four'];
  const port = Number(match?.groups?.['port']);
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** Why the agent does not listen there, or null. It answers without a password, so it listens on loopback only. */
export function listenProblem(text: string, parsed: { readonly host: string } | null): string | null {
  if (parsed === null) return `${text} is not HOST:PORT, for example 127.0.0.1:9464, nor off`;
  return isLoopbackHost(parsed.host) ? null : `${text} is no loopback address; use 127.0.0.1 or [::1]`;
}
