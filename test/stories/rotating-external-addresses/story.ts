import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [workloadInfo('shop/checkout')],
  edges: [15, 62, 108, 141, 177, 203].map((last) =>
    edge(`shop/checkout -> external@93.184.215.${last}:443/tcp`, { opened: 9, answered: 9 }),
  ),
});
