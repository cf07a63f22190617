import { edge, workloadInfo } from '../../world.ts';
import { story, withAddresses } from '../story.ts';

export default story({
  workloads: [withAddresses(workloadInfo('shop/web'), '10.244.1.7+fd00:244:1::7')],
  edges: [edge('shop/web -> external@2606:2800:220:1::5:443/tcp', { opened: 5, answered: 5 })],
});
