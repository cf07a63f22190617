import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [workloadInfo('shop/consumer'), workloadInfo('shop/StatefulSet/queue')],
  edges: [edge('shop/consumer -> shop/StatefulSet/queue:5672/tcp', { opened: 0, present: 2, answered: 0 })],
});
