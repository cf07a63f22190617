/**
 * Node's HTTP modules. They are not imported: an import reads every property of a module of Node's, one of node:http is
 * WebSocket, and with it comes all of undici, 14 MiB that an agent has no use for.
 */
import type Http from 'node:http';
import type Https from 'node:https';
import type Tls from 'node:tls';
import process from 'node:process';

export const http: typeof Http = process.getBuiltinModule('node:http');

/** Loaded when it is first used. */
export function loadHttps(): typeof Https {
  return process.getBuiltinModule('node:https');
}

/** Loaded when it is first used. */
export function loadTls(): typeof Tls {
  return process.getBuiltinModule('node:tls');
}

/** DESIGN.md section 7; also Node's own default, which an environment variable could lower. */
export const LEAST_TLS = 'TLSv1.2';
