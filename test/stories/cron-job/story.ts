import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

const run = (number: number) => ({
  app: 'report',
  'batch.kubernetes.io/job-name': `report-2936${number}`,
  'batch.kubernetes.io/controller-uid': `5b1f0a2c-0000-4000-8000-00000000000${number}`,
});

export default story({
  workloads: [
    workloadInfo('shop/CronJob/report', {
      selector: null,
      templateLabels: { app: 'report' },
      podLabels: [run(1), run(2)],
    }),
    workloadInfo('shop/db'),
  ],
  edges: [edge('shop/CronJob/report -> shop/db:5432/tcp', { opened: 7, answered: 7 })],
});
