import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [workloadInfo('shop/checkout'), workloadInfo('pay/api')],
  edges: [edge('shop/checkout -> pay/api:8443/tcp', { opened: 25, answered: 25 })],
});
