/** The witness of the fault tests notices each kind of lie: else those tests would prove nothing. */
import { beforeEach, expect, test } from 'vitest';
import { FakeApiServer } from '../../fake-api-server/server.ts';
import type { GivenObject, StoredObject } from '../../fake-api-server/server.ts';
import { podObject } from './following.ts';
import { Witness } from './witness.ts';

let server: FakeApiServer;
let witness: Witness;

beforeEach(() => {
  server = new FakeApiServer();
  witness = new Witness(server);
});

const put = (object: GivenObject): StoredObject => server.put(object);
const tell = (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: object): void =>
  witness.event({ observedAt: Date.now(), type, object });
const progress = (): void => witness.progressed(null, String(server.version));

/** A list of one object that was told well. */
function listed(): StoredObject {
  const web = put(podObject('shop/web', 'uid-1', { app: 'web' }));
  tell('ADDED', web);
  witness.synced();
  progress();
  expect(witness.violations).toEqual([]);
  return web;
}

test('what is true passes: a list, then every event in order', () => {
  listed();
  tell('MODIFIED', put(podObject('shop/web', undefined, { app: 'new' })));
  progress();
  put(podObject('shop/web', 'uid-2'));
  for (const { type, object } of server.history().slice(-2)) tell(type, object);
  progress();
  expect(witness).toMatchObject({
    violations: [],
    missed: 0,
    toldExactly: 4,
    isCaughtUp: true,
    isJudged: true,
  });
});

test('what a list sums up passes, deletions in the last known state first', () => {
  const web = listed();
  put(podObject('shop/web', 'uid-2'));
  tell('DELETED', web);
  tell('ADDED', server.objects('Pod')[0] ?? {});
  witness.synced();
  progress();
  expect(witness).toMatchObject({ violations: [], missed: 0, summedUp: 1, unseenDeletions: 1 });
});

test.each<[string, (web: StoredObject) => void, RegExp]>([
  [
    'an event that is not told',
    () => put(podObject('shop/db', 'uid-2')),
    /told \[\], happened \[ADDED shop\/db/,
  ],
  [
    'a state that a later one hides, without a list',
    () => {
      put(podObject('shop/web', undefined, { app: 'a' }));
      tell('MODIFIED', put(podObject('shop/web', undefined, { app: 'b' })));
    },
    /happened \[MODIFIED shop\/web uid-1 @1002; MODIFIED/,
  ],
  [
    'a deletion that a list hides',
    () => (server.remove('Pod', 'shop', 'web'), witness.synced()),
    /shop\/web is gone, told uid-1/,
  ],
  [
    'an object that never was',
    (web) => tell('ADDED', { ...web, metadata: { ...web.metadata, name: 'x' } }),
    /never had this/,
  ],
  [
    'an object with other contents',
    (web) => tell('MODIFIED', { ...web, status: { phase: 'Failed' } }),
    /Failed/,
  ],
  ['an object added twice', (web) => tell('ADDED', web), /there was uid-1 under this name/],
  [
    'a new uid without the deletion of the old one',
    () => tell('ADDED', put(podObject('shop/web', 'uid-2'))),
    /there was uid-1 under this name/,
  ],
  [
    'a change of what is not there',
    (web) => {
      tell('DELETED', web);
      tell('MODIFIED', web);
    },
    /told after its deletion/,
  ],
  ['a deletion that did not happen', (web) => tell('DELETED', web), /told gone/],
  ['progress that goes back', () => witness.progressed(null, '1'), /went back/],
  [
    'a bookmark as an event',
    (web) => witness.event({ observedAt: 0, type: 'BOOKMARK', object: web }),
    /bookmark/,
  ],
])('%s is a violation', (_, lie, violation) => {
  lie(listed());
  progress();
  expect(witness.violations.join('\n')).toMatch(violation);
});
