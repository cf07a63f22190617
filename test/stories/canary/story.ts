import { edge, service, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

const version = (name: string, number: string) =>
  workloadInfo(name, { labels: { app: 'reviews', version: number } });

export default story({
  workloads: [
    version('shop/reviews', 'v1'),
    version('shop/reviews-canary', 'v2'),
    workloadInfo('shop/ratings'),
  ],
  detail: { services: [service('shop/reviews')] },
  edges: [
    edge('shop/reviews -> shop/ratings:9080/tcp', { opened: 90, answered: 90 }),
    edge('shop/reviews-canary -> shop/ratings:9080/tcp', { opened: 10, answered: 10 }),
  ],
});
