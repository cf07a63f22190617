import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [workloadInfo('shop/web')],
  edges: [
    ...Array.from({ length: 10 }, (_, host) => edge(`shop/web -> external@172.16.5.${32 + host}:5432/tcp`)),
    edge('shop/web -> external@172.16.9.9:389/tcp', { opened: 4, answered: 4 }),
  ],
});
