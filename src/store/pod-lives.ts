import type { Holder } from '../domain/lease.ts';
import { nodeOfHolder } from '../domain/lease.ts';
import type { PodLife } from '../recommend/history.ts';
import type { Connection } from './connection.ts';

/** When pods held their addresses, as far as the leases that are kept tell. */
export interface PodLives {
  /** One for each pod address that may have been held within this time (unix ms, `until` excluded), in no particular order. */
  during(time: { readonly start: number; readonly end: number }): PodLife[];
}

interface LeaseRow {
  readonly holder: string;
  readonly start: number;
  readonly heldFrom: number;
  readonly heldUntil: number | null;
  readonly until: number | null;
}

const SELECT_PODS = `
SELECT holder, from_ms AS start, held_from AS heldFrom, held_until AS heldUntil, until
FROM leases
WHERE pod IS NOT NULL AND from_ms < ? AND (coalesce(until, held_until) IS NULL OR coalesce(until, held_until) >= ?)`;

export function podLives(connection: Connection): PodLives {
  const select = connection.db.prepare<[number, number], LeaseRow>(SELECT_PODS);
  return {
    during: ({ start, end }) =>
      connection.read(() => {
        const lives: PodLife[] = [];
        for (const row of select.iterate(end, start)) {
          const holder = JSON.parse(row.holder) as Holder;
          if (holder.kind !== 'pod') continue;
          const { workload, uid } = holder;
          const { start: from, heldFrom, heldUntil, until } = row;
          lives.push({ workload, uid, node: nodeOfHolder(holder), from, heldFrom, heldUntil, until });
        }
        return lives;
      }),
  };
}
