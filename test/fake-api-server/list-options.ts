/** What the API server refuses of a request's options before it looks at any object. */
import type { Asked } from './asked.ts';
import type { Faults, FaultyAnswer } from './faults.ts';

/** As k8s.io/apimachinery's ValidateListOptions says: only a watch may ask, with NotOlderThan, where the gate is on. */
export function initialEventsRefusal(
  { verb, query }: Pick<Asked, 'verb' | 'query'>,
  { watchList }: Pick<Faults, 'watchList'>,
): FaultyAnswer | null {
  if (query['sendInitialEvents'] === undefined || watchList === 'ignored') return null;
  const invalid = (why: string): FaultyAnswer => {
    return { status: 422, message: `ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: ${why}` };
  };
  if (verb === 'list') return invalid('Forbidden: sendInitialEvents is forbidden for list');
  if (watchList === 'refused')
    return invalid('Forbidden: sendInitialEvents is forbidden unless the WatchList feature gate is enabled');
  if (query['resourceVersionMatch'] === 'NotOlderThan') return null;
  return invalid('Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
}
