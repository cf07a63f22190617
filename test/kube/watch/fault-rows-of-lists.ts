/** What can go wrong while a reflector learns the initial state, or learns it anew. A row each. */
import { drained } from './fault-scene.ts';
import type { FaultRow } from './fault-scene.ts';
import type { FakeApiServer } from '../../fake-api-server/server.ts';

/** A list is broken off so; where initial events are watched, their watch is closed after as many bytes. */
const broken = (how: 'reset' | 'close' | 'end' | 'stall', afterBytes: number) => {
  return (server: FakeApiServer): void => {
    server.faults.brokenLists.push({ how, afterBytes }, { how, afterBytes: afterBytes + 41 });
    if (server.faults.watchList === 'served') server.faults.cutAfterBytes.push(afterBytes, afterBytes + 41);
  };
};

const untilSteady: FaultRow['play'] = async ({ steady }) => {
  await steady();
};

/** Every way of asking for the state answers so, so many times. */
const answering = (status: number, times: number, headers?: Record<string, string>) => {
  return (server: FakeApiServer): void => {
    server.faults.answers.push({ status, times, ...(headers === undefined ? {} : { headers }) });
  };
};

export const LIST_ROWS: readonly FaultRow[] = [
  {
    fault: 'first list refused with 500, 5 times',
    atStart: answering(500, 5),
    play: untilSteady,
    tells: ['server-error'],
  },
  {
    fault: 'first list refused with 429, Retry-After 1 s',
    atStart: answering(429, 1, { 'retry-after': '1' }),
    play: untilSteady,
    tells: ['throttled'],
  },
  {
    fault: 'kind not there at first (404)',
    atStart: answering(404, 2),
    play: untilSteady,
    tells: ['not-found'],
  },
  {
    fault: 'list reset in the middle, twice',
    atStart: broken('reset', 150),
    play: untilSteady,
    tells: ['cut'],
    also: ['unreachable'],
  },
  {
    fault: 'list closed inside a UTF-8 character, twice',
    atStart: broken('close', 171),
    play: untilSteady,
    tells: ['cut'],
  },
  {
    fault: 'list of truncated JSON, twice',
    atStart: broken('end', 160),
    play: untilSteady,
    tells: [],
    also: ['cut', 'malformed'],
  },
  {
    fault: 'list that stalls in the middle, twice',
    atStart: broken('stall', 160),
    play: untilSteady,
    tells: [],
    also: ['cut', 'silent'],
  },
  {
    fault: 'slow list in small pieces while objects change',
    atStart: (server) => {
      server.faults.chunkBytes = 11;
      server.faults.listPauseMs = 2;
    },
    play: async ({ churn, pause, steady }) => {
      for (let round = 0; round < 5; round++) {
        await pause(20);
        churn();
      }
      await steady();
    },
    tells: [],
  },
  {
    fault: 'list expires between its pages (410)',
    atStart: (server) => {
      server.faults.listPauseMs = 20;
    },
    play: async ({ server, churn, pause, steady }) => {
      for (let round = 0; round < 2; round++) {
        await pause(25);
        churn();
        server.compact();
      }
      await steady();
    },
    tells: [],
    also: ['expired'],
  },
  {
    fault: 'sendInitialEvents ignored: no bookmark ends them',
    atStart: (server) => {
      server.faults.watchList = 'ignored';
    },
    play: async ({ churn, steady }) => {
      await steady();
      churn();
    },
    tells: [],
    also: ['silent', 'no-initial-events-end'],
  },
  {
    fault: 'WatchList switched off between two lists',
    play: async ({ server, steady, churn, told }) => {
      await steady();
      server.faults.watchList = 'refused';
      server.failWatches(410, 'too old resource version');
      churn();
      await told('expired');
    },
    tells: ['expired'],
  },
  {
    fault: 'second list broken off after deletes in the gap',
    play: async ({ server, steady, churn }) => {
      await steady();
      broken('reset', 200)(server);
      churn();
      server.failWatches(410, 'too old resource version');
      await drained(server);
    },
    tells: ['expired'],
    also: ['cut', 'unreachable'],
  },
];
