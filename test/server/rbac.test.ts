/** The rules in deploy/install.yaml are what the server needs: nothing is missing, nothing is unused. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { prove } from './rbac-proof.ts';

const MANIFESTS = readFileSync(path.join(import.meta.dirname, '..', '..', 'deploy', 'install.yaml'), 'utf8');
const SERVER = { account: 'netscribe/netscribe-server', arePeopleServed: false };

describe('the rights of the server', () => {
  test('are those that it uses, no more and no less', async () => {
    const { granted, missing, unused } = await prove(MANIFESTS, SERVER);
    expect(granted.length).toBeGreaterThan(40);
    expect({ missing, unused }).toEqual({ missing: [], unused: [] });
  });

  test('would be found wanting, and too many', async () => {
    const changed = MANIFESTS.replace('[cronjobs, jobs]', '[secrets, jobs]');
    expect(changed).not.toBe(MANIFESTS);
    const { missing, unused } = await prove(changed, {
      ...SERVER,
      isSettled: ({ refused, unused: left }) => refused.length > 0 && left.length === 2,
    });
    expect(missing).toContain('watch batch/cronjobs');
    expect(unused).toEqual(expect.arrayContaining(['list batch/secrets', 'watch batch/secrets']));
  });
});
