import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [workloadInfo('shop/web'), workloadInfo('monitoring/prometheus', { hostNetwork: true })],
  edges: [
    edge('node:node-a@192.168.100.1 -> shop/web:9090/tcp', { opened: 600, answered: 600 }),
    edge('node:node-b@192.168.100.2 -> shop/web:9090/tcp', { opened: 600, answered: 600 }),
  ],
});
