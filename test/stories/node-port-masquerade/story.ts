import { edge, identity, service, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [workloadInfo('shop/web')],
  detail: {
    services: [
      service('shop/web', {
        type: 'NodePort',
        ports: [{ protocol: 'tcp', port: 80, targetPort: 8080, nodePort: 30_080 }],
      }),
    ],
  },
  edges: [
    edge('external@198.18.0.9 -> shop/web:8080/tcp', {
      opened: 70,
      answered: 70,
      views: [{ seen: identity('node:node-b@192.168.100.2'), ownNode: false }],
      services: ['shop/web'],
    }),
  ],
});
