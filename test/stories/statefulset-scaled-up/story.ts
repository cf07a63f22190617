import { edge, workloadInfo } from '../../world.ts';
import { story, withAddresses } from '../story.ts';

const addresses = [7, 8, 9, 10, 11].map((last) => `10.244.1.${last}`);
const database = workloadInfo('shop/StatefulSet/db', {
  labels: { 'app.kubernetes.io/name': 'postgres', 'app.kubernetes.io/instance': 'shop' },
});
const scaled = withAddresses(database, ...addresses);

export default story({
  workloads: [
    workloadInfo('shop/web'),
    {
      ...scaled,
      pods: scaled.pods.map((pod, ordinal) => ({
        ...pod,
        labels: {
          ...database.templateLabels,
          'statefulset.kubernetes.io/pod-name': `db-${ordinal}`,
          'apps.kubernetes.io/pod-index': `${ordinal}`,
        },
      })),
    },
  ],
  edges: [edge('shop/web -> shop/StatefulSet/db:5432/tcp', { opened: 3, present: 12, answered: 3 })],
});
