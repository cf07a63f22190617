import { HOUR_MS } from '../../../src/domain/edge.ts';
import { edge, workloadInfo } from '../../world.ts';
import { MONDAY, story } from '../story.ts';

/** Wednesday, 03:00. */
const NIGHT = MONDAY + 51 * HOUR_MS;

const knocks = Array.from({ length: 30 }, (_, knock) => {
  const seen = edge(`shop/debug -> shop/db:${5430 + knock}/tcp`, {
    opened: 1,
    answered: knock === 2 ? 1 : 0,
  });
  const at = NIGHT + knock * 1000;
  return {
    ...seen,
    hours: seen.hours.map((hour) => ({ ...hour, hour: NIGHT })),
    firstSeen: at,
    lastSeen: at,
  };
});

export default story({
  workloads: [workloadInfo('shop/web'), workloadInfo('shop/debug'), workloadInfo('shop/db')],
  edges: [
    edge('shop/web -> shop/db:5432/tcp', { opened: 10, answered: 10 }),
    edge('shop/debug -> shop/web:8080/tcp', { opened: 1, answered: 1 }),
    ...knocks,
  ],
});
