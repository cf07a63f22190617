import { edge, service, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [workloadInfo('shop/web'), workloadInfo('shop/cart')],
  detail: { services: [service('shop/cart')] },
  edges: [edge('shop/web -> shop/cart:8080/tcp', { opened: 40, answered: 40, services: ['shop/cart'] })],
});
