import { service, workloadInfo } from '../../world.ts';
import { story } from '../story.ts';

export default story({
  workloads: [workloadInfo('shop/admission')],
  detail: {
    services: [
      service('shop/admission', {
        ports: [{ protocol: 'tcp', port: 443, targetPort: 8443, nodePort: null }],
      }),
    ],
    webhooks: [
      {
        kind: 'ValidatingWebhookConfiguration',
        name: 'shop-rules',
        service: { namespace: 'shop', name: 'admission', port: 443 },
      },
    ],
  },
  edges: [],
});
