import { workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [
    workloadInfo('shop/web'),
    workloadInfo('kube-system/DaemonSet/node-local-dns', {
      labels: { 'k8s-app': 'node-local-dns' },
      hostNetwork: true,
    }),
  ],
  edges: [],
});
