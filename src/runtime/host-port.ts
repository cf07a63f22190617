/** `host:port` of a command line, such as `127.0.0.1:8080` or `[::1]:8080`. */
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
