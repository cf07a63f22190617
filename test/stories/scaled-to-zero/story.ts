import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

const nightly = workloadInfo('shop/nightly', { labels: { app: 'nightly', tier: 'batch' } });

export default story({
  workloads: [
    { ...nightly, pods: nightly.pods.map((pod) => ({ ...pod, ended: true })) },
    workloadInfo('shop/db'),
  ],
  edges: [edge('shop/nightly -> shop/db:5432/tcp', { opened: 2, answered: 2 })],
});
