/** Structured logs of a process: one JSON object a line, constant messages, facts as fields, times as people and stores of logs read them. */
import pino from 'pino';
import type { Logger } from 'pino';

/** `level` is the least that is written, such as `warn`. */
export function createLogger(
  stream: NodeJS.WritableStream,
  level: 'debug' | 'info' | 'warn' | 'error',
): Logger {
  return pino({ level, base: { process: 'netscribe' }, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}
