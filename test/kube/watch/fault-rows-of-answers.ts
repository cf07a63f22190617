/** What can go wrong with what an API server answers while a reflector watches. A row each. */
import { drained, gapAfter, minutes } from './fault-scene.ts';
import type { FaultRow, Scene } from './fault-scene.ts';
import { podObject } from './following.ts';

/** While no watch can be opened things happen, and the server forgets them. */
const forgotten = (happen: (scene: Scene) => void): FaultRow['play'] => {
  return async (scene) => {
    const { server, steady, told } = scene;
    await steady();
    server.faults.answers.push({ status: 503, verb: 'watch' });
    server.cutWatches();
    await told('server-error');
    happen(scene);
    server.compact();
    server.faults.heal();
  };
};

const forgetGap = forgotten(({ churn }) => churn());

export const ANSWER_ROWS: readonly FaultRow[] = [
  {
    fault: '410 on HTTP after a gap',
    atStart: (server) => {
      server.faults.expiredIn = 'status';
    },
    play: forgetGap,
    tells: ['expired'],
    also: ['cut', 'server-error'],
  },
  {
    fault: '410 in the stream after a gap',
    play: forgetGap,
    tells: ['expired'],
    also: ['cut', 'server-error'],
  },
  {
    fault: '410 after a gap in which five objects were deleted',
    play: forgotten(({ server }) => {
      for (let index = 0; index < 5; index++) server.remove('Pod', 'shop', `größe-${index}`);
    }),
    tells: ['expired'],
    also: ['cut', 'server-error'],
  },
  {
    fault: '410 after a gap in which three names got a new uid',
    play: forgotten(({ server }) => {
      for (let index = 0; index < 3; index++)
        server.put(podObject(`shop/größe-${index}`, `uid-new-${index}`));
    }),
    tells: ['expired'],
    also: ['cut', 'server-error'],
  },
  {
    fault: '410 in a healthy stream',
    play: gapAfter((server) => server.failWatches(410, 'too old resource version')),
    tells: ['expired'],
  },
  {
    fault: '504 in the stream',
    play: gapAfter((server) => server.failWatches(504, 'etcd: request timed out')),
    tells: ['server-error'],
  },
  {
    fault: 'watch refused with 429, Retry-After 1 s',
    play: gapAfter((server) => {
      server.faults.answers.push({ status: 429, headers: { 'retry-after': '1' }, times: 1 });
      server.cutWatches();
    }),
    tells: ['throttled'],
    also: ['cut'],
  },
  {
    fault: 'watch refused with 500, 8 times',
    play: async ({ server, steady, churn }) => {
      await steady();
      server.faults.answers.push({ status: 500, times: 8 });
      server.cutWatches();
      churn();
      await drained(server);
    },
    tells: ['server-error'],
    also: ['cut'],
  },
  {
    fault: 'truncated JSON in a watch that ends in good order',
    play: gapAfter((server) => {
      server.sayOnWatches('{"type":"MODIFIED","object":{"kind":"Pod","metadata":{"name":"größe-');
      server.cutWatches('end');
    }),
    tells: [],
    also: ['cut', 'closed-early', 'malformed'],
  },
  {
    fault: 'a line that is no JSON',
    play: gapAfter((server) => server.sayOnWatches('{"type":\n')),
    tells: ['malformed'],
  },
  {
    fault: 'watch of 5 to 10 minutes ends, three times',
    play: async ({ server, steady, churn, pause }) => {
      await steady();
      for (let round = 0; round < 3; round++) {
        server.cutWatches('end');
        churn();
        await pause(20);
      }
    },
    tells: [],
    also: ['closed-early'],
  },
  {
    fault: 'pieces of 5 bytes, which cut every character',
    atStart: (server) => {
      server.faults.chunkBytes = 5;
      server.faults.gzip = false;
    },
    play: async ({ steady, churn }) => {
      await steady();
      churn();
    },
    tells: [],
  },
  {
    fault: 'version unknown: a server restored from a backup',
    play: async ({ server, steady, churn }) => {
      await steady();
      server.faults.answers.push({
        status: 504,
        verb: 'watch',
        times: 5,
        message: 'Too large resource version',
      });
      server.cutWatches();
      churn();
      await drained(server);
    },
    tells: ['server-error'],
    also: ['cut'],
  },
  {
    fault: 'forbidden for 3 minutes',
    play: async ({ server, steady, churn, pause }) => {
      await steady();
      server.faults.answers.push({ status: 403 });
      server.cutWatches();
      churn();
      await pause(minutes(3));
      server.faults.heal();
    },
    tells: ['forbidden'],
    also: ['cut'],
  },
  {
    fault: 'token rotated: the old one is refused, the file has the new one',
    tokenFile: 'first',
    play: async ({ server, steady, churn, writeToken }) => {
      await steady();
      server.token = 'second';
      writeToken('second');
      server.cutWatches();
      churn();
    },
    tells: [],
    also: ['cut'],
  },
  {
    fault: 'token revoked, the new one comes a minute later',
    tokenFile: 'first',
    play: async ({ server, steady, churn, pause, told, writeToken }) => {
      await steady();
      server.token = 'second';
      server.cutWatches();
      churn();
      await told('unauthorized');
      await pause(minutes(1));
      writeToken('second');
    },
    tells: ['unauthorized'],
    also: ['cut'],
  },
];
