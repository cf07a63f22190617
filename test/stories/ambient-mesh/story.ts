import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [workloadInfo('shop/web'), workloadInfo('shop/cart')],
  edges: [
    edge('external@169.254.7.127 -> shop/cart:8080/tcp', { opened: 6000, answered: 6000 }),
    edge('shop/web -> shop/cart:15008/tcp', { opened: 12, present: 4, answered: 12 }),
  ],
});
