/**
 * Node's HTTP modules. They are not imported: an import reads every property of a module of Node's, one of node:http is
 * WebSocket, and with it comes all of undici, 14 MiB that an agent has no use for.
 */
import type Http from 'node:http';
import type Https from 'node:https';
import process from 'node:process';

export const http: typeof Http = process.getBuiltinModule('node:http');

/** Loaded when it is first used. */
export function loadHttps(): typeof Https {
  return process.getBuiltinModule('node:https');
}
