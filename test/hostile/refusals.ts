/** What the server counts as refused, by its own metrics. */
import { answerTo } from './attack.ts';
import type { HostileWorld } from './hostile-world.ts';

/** Of one code, or of all. */
export async function refusals({ server }: HostileWorld, code?: string): Promise<number> {
  const { body } = await answerTo(`${server.at.probes}/metrics`, {});
  const samples = [...body.matchAll(/^netscribe_requests_refused_total\{([^}]*)\} (\d+)$/gm)];
  return samples
    .filter(([, labels = '']) => code === undefined || labels.includes(`code="${code}"`))
    .reduce((sum, [, , value]) => sum + Number(value), 0);
}
