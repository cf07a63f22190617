/** With people on the network the server's rights are still those that it uses. test/server/rbac.test.ts proves the defaults. */
import { expect, it } from 'vitest';
import { prove } from '../server/rbac-proof.ts';
import { EXAMPLES, example, template, the } from './helm.ts';
import { workloadOf } from './pods.ts';

it('are no more and no less', async () => {
  const manifests = template(EXAMPLES.get('people-on') ?? '');
  const { serviceAccountName } = workloadOf(the(example('people-on'), 'StatefulSet')).template.spec;
  const { granted, missing, unused } = await prove(manifests, {
    account: `netscribe/${String(serviceAccountName)}`,
    arePeopleServed: true,
  });
  expect(granted).toContain('create authorization.k8s.io/subjectaccessreviews');
  expect({ missing, unused }).toEqual({ missing: [], unused: [] });
});
