/** GET /api/v1/leases: who held an IP address, ever or around an instant, and what attribution makes of that instant. */
import { z } from 'zod';
import { parseIp } from '../../domain/ip.ts';
import type { IpAddress } from '../../domain/ip.ts';
import type { Lease } from '../../domain/lease.ts';
import { API_PATHS } from '../../wire/api.ts';
import { printLease } from '../../wire/lease-json.ts';
import type { LeaseInTime } from '../../wire/lease-json.ts';
import { leasesPage, printVerdict } from '../../wire/lease-verdict-json.ts';
import { instantParameter } from '../../wire/time-parameters.ts';
import { leasesAround, leaseVerdict } from '../lease-verdict.ts';
import type { AttributionScope } from '../lease-verdict.ts';
import { problemResponses } from '../problem-json.ts';
import { pageOfRows, pageQuery } from './page.ts';
import { okJson } from './route.ts';
import type { ApiScope } from './route.ts';

export interface LeasesSource {
  /** All leases that the address ever had. */
  leases(ip: IpAddress): readonly Lease[];
  /** What else decides who an address was, as of now. */
  attribution(): AttributionScope;
}

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

const instantQuery = instantParameter.optional().meta({
  description:
    'An instant, in RFC 3339 or unix milliseconds: answers with the leases that could have held the address then, the nearest before and after, and a verdict. Absent means all of history.',
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
      const leases = source.leases(ip);
      const wanted: readonly LeaseInTime[] =
        at === undefined ? leases.map((lease) => ({ lease, when: null })) : leasesAround(leases, at);
      const { rows, next } = pageOfRows(wanted, leaseKey, page);
      const verdict = at === undefined ? null : leaseVerdict(leases, { ip, at }, source.attribution());
      return {
        items: rows.map(printLease),
        next,
        verdict: verdict === null ? null : printVerdict(verdict),
      };
    },
  );
}

/** Orders by `from`: unix ms in 16 digits, as many as the last instant has. */
function leaseKey({ lease }: LeaseInTime): string {
  return `${String(Math.max(0, Math.floor(lease.from))).padStart(16, '0')} ${lease.id}`;
}
