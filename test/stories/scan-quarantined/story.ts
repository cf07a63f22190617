import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

const knocks = Array.from({ length: 30 }, (_, offset) =>
  edge(`shop/debug -> shop/db:${6000 + offset}/tcp`, { opened: 1, answered: 0 }),
);

export default story({
  workloads: [workloadInfo('shop/web'), workloadInfo('shop/debug'), workloadInfo('shop/db')],
  edges: [
    edge('shop/web -> shop/db:5432/tcp', { opened: 10, answered: 10 }),
    edge('shop/debug -> shop/db:5432/tcp', { opened: 1, answered: 1 }),
    ...knocks,
  ],
});
