import { describe, expect, test } from 'vitest';
import { Epochs } from '../../src/server/epochs.ts';

describe('epochs of a node', () => {
  test('the first is live, a newer one retires it, and what was retired never comes back', () => {
    const epochs = new Epochs([]);
    const standing = ['a', 'a', 'b', 'a', 'b', 'c', 'b'].map((epoch) =>
      epochs.standingOf({ nodeUid: 'n', epoch }),
    );
    expect(standing).toEqual(['live', 'live', 'live', 'stale', 'live', 'live', 'stale']);
  });

  test('a restarted server remembers them in the order in which they began', () => {
    const epochs = new Epochs([
      { nodeUid: 'n', epoch: 'a' },
      { nodeUid: 'n', epoch: 'b' },
      { nodeUid: 'm', epoch: 'a' },
    ]);
    expect([
      epochs.standingOf({ nodeUid: 'n', epoch: 'a' }),
      epochs.standingOf({ nodeUid: 'm', epoch: 'a' }),
    ]).toEqual(['stale', 'live']);
  });
});
