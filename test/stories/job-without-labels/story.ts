import { edge, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

const labels = {
  'batch.kubernetes.io/job-name': 'migrate-4471',
  'batch.kubernetes.io/controller-uid': '5b1f0a2c-0000-4000-8000-000000000001',
};

export default story({
  workloads: [
    workloadInfo('shop/Job/migrate-4471', { selector: null, templateLabels: labels, podLabels: [labels] }),
    workloadInfo('shop/db'),
  ],
  edges: [edge('shop/Job/migrate-4471 -> shop/db:5432/tcp', { opened: 1, answered: 1 })],
});
