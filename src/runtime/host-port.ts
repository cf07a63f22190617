/** `host:port` of a command line, such as `127.0.0.1:8080` or `[::1]:8080`, and which hosts are this machine alone. */
import { isIPv4 } from 'node:net';

export interface HostPort {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  /** 0-65535; 0 takes any free port. */
  readonly port: number;
}

/** Null when the text is no host and port. */
export function parseHostPort(text: string): HostPort | null {
  const groups = /^(?<host>\[[0-9a-f:]+\]|[^:[\]]+):(?<port>\d{1,5})$/i.exec(text)?.groups;
  const port = Number(groups?.['port']);
  if (groups === undefined || port > 65_535) return null;
  return { host: (groups['host'] ?? '').replace(/^\[|\]$/g, ''), port };
}

/** Whether a host name, without brackets, is one of this machine's own loopback names. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
