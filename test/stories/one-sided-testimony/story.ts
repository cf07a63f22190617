import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [workloadInfo('shop/web'), workloadInfo('shop/db'), workloadInfo('shop/rogue')],
  edges: [
    edge('shop/web -> shop/db:5432/tcp', { opened: 10, answered: 10 }),
    edge('shop/rogue -> shop/db:5432/tcp', {
      opened: 10,
      answered: 10,
      testimony: { agreed: 0, oneSided: 0, disputed: 70 },
    }),
  ],
});
