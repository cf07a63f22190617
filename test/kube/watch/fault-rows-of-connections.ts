/** What can go wrong with the connections between a reflector and an API server. A row each. */
import { drained, gapAfter, minutes } from './fault-scene.ts';
import type { FaultRow } from './fault-scene.ts';

export const CONNECTION_ROWS: readonly FaultRow[] = [
  {
    fault: 'connection reset',
    play: gapAfter((server) => server.cutWatches('reset')),
    tells: ['cut'],
    also: ['unreachable'],
  },
  {
    fault: 'connection closed between events',
    play: gapAfter((server) => server.cutWatches('close')),
    tells: ['cut'],
  },
  {
    fault: 'connection closed inside a UTF-8 character, 8 times',
    play: async ({ server, steady, churn, pause }) => {
      await steady();
      for (let round = 0; round < 8; round++) server.faults.cutAfterBytes.push(80 + 37 * round);
      server.cutWatches();
      while (server.faults.cutAfterBytes.length > 0) {
        churn();
        await pause(5);
      }
    },
    tells: ['cut'],
    also: ['closed-early', 'unreachable'],
  },
  {
    fault: 'half-open socket: a watch says nothing more',
    play: gapAfter((server) => server.cutWatches('stall')),
    tells: ['silent'],
  },
  {
    fault: 'half-open sockets: nothing is answered for 5 minutes',
    play: async ({ server, steady, churn, pause }) => {
      await steady();
      server.faults.silent = true;
      churn();
      await pause(minutes(5));
      server.faults.silent = false;
    },
    tells: ['silent'],
  },
  {
    fault: 'requests reset before an answer, 5 times',
    play: async ({ server, steady, churn }) => {
      await steady();
      server.faults.resets = 5;
      server.cutWatches('reset');
      churn();
      await drained(server);
    },
    tells: ['unreachable'],
    also: ['cut'],
  },
  {
    fault: 'server away for 5 minutes',
    play: async ({ server, steady, churn }) => {
      await steady();
      const away = server.away(minutes(5));
      churn();
      await away;
    },
    tells: ['unreachable'],
    also: ['cut'],
  },
  {
    fault: 'server away for 5 minutes, its history lost',
    play: async ({ server, steady, churn }) => {
      await steady();
      const away = server.away(minutes(5));
      churn();
      await away;
      server.compact();
    },
    tells: ['unreachable', 'expired'],
    also: ['cut'],
  },
];
