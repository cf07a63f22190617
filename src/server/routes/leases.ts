/** GET /api/v1/leases: who held an IP address, now or at an instant. */
import { z } from 'zod';
import { parseIp } from '../../domain/ip.ts';
import type { IpAddress } from '../../domain/ip.ts';
import type { Lease } from '../../domain/lease.ts';
import { API_PATHS, leasesPage } from '../../wire/api.ts';
import { printLease } from '../../wire/lease-json.ts';
import { problemResponses } from '../problem-json.ts';
import { pageOfRows, pageQuery } from './page.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

export interface LeasesSource {
  /** Leases of the address that could have held it at `at` (unix ms), or all of them when it is null. */
  leases(ip: IpAddress, at: number | null): readonly Lease[];
}

/** Digits of the last unix ms that Date can print: 8.64e15 (ECMA-262, time values). */
const MAX_UNIX_MS = 8_640_000_000_000_000;

const addressQuery = z
  .string()
  .max(45)
  .meta({ examples: ['10.0.0.7'] })
  .transform((text, context) => {
    const address = parseIp(text);
    if (address !== null) return address;
    context.addIssue({ code: 'custom', message: 'must be an IP address' });
    return z.NEVER;
  })
  .describe('The address.');

const instantQuery = z
  .union(
    [
      z
        .string()
        .regex(/^[0-9]{1,16}$/)
        .transform(Number)
        .pipe(z.number().max(MAX_UNIX_MS)),
      z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
    ],
    'must be RFC 3339, as 2026-11-03T09:00:00Z, or unix milliseconds',
  )
  .optional()
  .meta({
    description: 'An instant, in RFC 3339 or unix milliseconds; absent means all of history.',
    examples: ['2026-11-03T09:00:00Z'],
  });

export function leasesRoute(app: ApiScope, source: LeasesSource): void {
  app.get(
    API_PATHS.leases,
    {
      schema: {
        operationId: 'listLeases',
        summary: 'Who held an address, oldest first',
        tags: ['traffic'],
        querystring: z.strictObject({ ip: addressQuery, at: instantQuery, ...pageQuery }),
        response: {
          200: okJson('One page of leases.', leasesPage),
          ...problemResponses(400, 403, 414, 500),
        },
      },
    },
    async (request) => {
      const { ip, at, ...page } = request.query;
      const { rows, next } = pageOfRows(source.leases(ip, at ?? null), leaseKey, page);
      return { items: rows.map(printLease), next };
    },
  );
}

/** Orders by `from`: unix ms in 16 digits, as many as the last instant has. */
function leaseKey(lease: Lease): string {
  return `${String(Math.max(0, Math.floor(lease.from))).padStart(16, '0')} ${lease.id}`;
}
