import { ips, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [
    workloadInfo('shop/web'),
    workloadInfo('kube-system/DaemonSet/node-local-dns', {
      labels: { 'k8s-app': 'node-local-dns' },
      hostNetwork: true,
      localDns: { addresses: ips('169.254.20.10', '10.96.0.10'), isWhole: true },
    }),
  ],
  edges: [],
});
