/** Kinds that the server's role may not list: whom they make the API server call is not known, and that is not taken for nobody. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LeaseBook } from '../../src/identity/lease-book.ts';
import { ClusterModel } from '../../src/kube/cluster-model.ts';
import { watchCluster } from '../../src/kube/watch/cluster-watch.ts';
import type { ClusterWatch } from '../../src/kube/watch/cluster-watch.ts';
import { CALLER_KINDS } from '../../src/recommend/cluster.ts';
import { FakeApiServer } from '../fake-api-server/server.ts';
import { QUICK, anonymousTransport, until } from './watch/following.ts';

let api: FakeApiServer;
let watch: ClusterWatch;
let model: ClusterModel;

beforeEach(async () => {
  api = new FakeApiServer({ bookmarkMs: 20 });
  await api.listen();
  model = new ClusterModel(new LeaseBook());
});

afterEach(async () => {
  await watch.close();
  await api.close();
});

function start(): void {
  watch = watchCluster(
    anonymousTransport(api.url),
    {
      event: (event) => void model.apply(event),
      nodeLease: () => undefined,
      synced: () => undefined,
      outage: () => undefined,
      kindSynced: (kind) => model.listed(kind),
    },
    {
      signal: new AbortController().signal,
      now: Date.now,
      log: { info: () => undefined, warn: () => undefined },
      timing: QUICK,
    },
  );
}

/** Every kind has been listed, or refused. */
async function answered(refused: number): Promise<void> {
  const isAnswered = (): boolean => {
    const kinds = watch.status();
    return (
      kinds.filter(({ synced }) => synced).length === kinds.length - refused &&
      kinds.filter(({ trouble }) => trouble?.code === 'forbidden').length === refused
    );
  };
  await until(isAnswered);
}

test('one that is refused is named, until it may be read', async () => {
  api.faults.answers.push({ status: 403, kind: 'ValidatingWebhookConfiguration' });
  start();
  await answered(1);
  expect(model.snapshot()).toMatchObject({
    webhooks: [],
    unreadCallers: ['ValidatingWebhookConfiguration'],
  });
  api.faults.answers = [];
  await until(() => watch.status().every(({ synced }) => synced));
  expect(model.snapshot()).not.toHaveProperty('unreadCallers');
});

test('where all are refused nothing is known of whom the API server calls', async () => {
  for (const kind of CALLER_KINDS) api.faults.answers.push({ status: 403, kind });
  start();
  await answered(CALLER_KINDS.length);
  expect(model.snapshot()).not.toHaveProperty('webhooks');
});
