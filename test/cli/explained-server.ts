/** A real server on loopback with the hand-written sources, for the commands that explain attribution. */
import type { ApiSources } from '../../src/server/app.ts';
import { buildApp } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { sampleSources } from '../server/sample-sources.ts';

export type Served = Awaited<ReturnType<typeof listen>>;

export function serveSample(changes: Partial<ApiSources> = {}): Promise<Served> {
  return listen(buildApp(sampleSources(changes), { logger: false, version: '0' }), {
    host: '127.0.0.1',
    port: 0,
  });
}
