// Connections that nobody saw opening: one older than any observer, and one whose entries were lost and made again by a later packet.
import { FEED, LONG_LIVED } from './calls.ts';
import { FEED_PORT } from './world.ts';

/** Their edges: each must be evidence by dumps alone, `opened` 0 and `present` 1. */
export const ONLY_PRESENT_EDGES = [
  {
    what: 'long-lived connection',
    edge: `${LONG_LIVED.client} -> shop/redis-cart:${LONG_LIVED.target.port}/tcp`,
  },
  { what: 'mid-stream connection', edge: `${FEED.client} -> ${FEED.server}:${FEED_PORT}/tcp` },
] as const;

/** What the hours of an edge say together: how many connections were opened, and how many a dump found at most. */
export function countsOf(hours: readonly { readonly opened: number; readonly present: number }[]): {
  opened: number;
  present: number;
} {
  return {
    opened: hours.reduce((sum, hour) => sum + hour.opened, 0),
    present: Math.max(0, ...hours.map((hour) => hour.present)),
  };
}
