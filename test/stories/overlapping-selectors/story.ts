import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [
    workloadInfo('shop/web', {
      labels: { app: 'shop', tier: 'front', team: 'blue' },
      selector: { matchLabels: { app: 'shop' } },
    }),
    workloadInfo('shop/worker', {
      labels: { app: 'shop', tier: 'back', team: 'blue' },
      selector: { matchLabels: { app: 'shop' } },
    }),
  ],
  edges: [edge('shop/web -> shop/worker:9000/tcp', { opened: 30, answered: 30 })],
});
