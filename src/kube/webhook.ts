/** Whom the API server calls: webhooks at admission, aggregated APIs, and conversion between versions of custom resources. */
import { z } from 'zod';
import { compareText } from '../domain/text-order.ts';
import type { WebhookTarget } from '../recommend/cluster.ts';
import { objectMeta, portNumber } from './object.ts';

/** Of admissionregistration.k8s.io, apiextensions.k8s.io and apiregistration.k8s.io alike, where it is absent. */
const DEFAULT_PORT = 443;

const service = z.object({ namespace: z.string(), name: z.string(), port: portNumber.nullish() });
/** One that names a URL is outside the cluster. */
const clientConfig = z.object({ service: service.nullish() }).nullish();

const webhookConfiguration = z.object({
  metadata: objectMeta,
  webhooks: z.array(z.object({ clientConfig })).nullish(),
});
/** Without a Service the API server answers by itself. Some implementations leave namespace and name out then. */
const apiService = z.object({
  // The core group's is named `v1.`, which no other object may be.
  metadata: objectMeta.extend({ name: z.string().max(253) }),
  spec: z.object({ service: service.nullish() }).nullish(),
});
const customResourceDefinition = z.object({
  metadata: objectMeta,
  spec: z.object({
    conversion: z
      .object({ strategy: z.string().nullish(), webhook: z.object({ clientConfig }).nullish() })
      .nullish(),
  }),
});

type NamedService = z.infer<typeof service>;

export interface WebhookObject {
  readonly uid: string;
  readonly targets: readonly WebhookTarget[];
}

function webhookObject(
  kind: WebhookTarget['kind'],
  { uid, name }: z.infer<typeof objectMeta>,
  services: readonly (NamedService | null | undefined)[],
): WebhookObject {
  const named = services.filter((each) => each !== null && each !== undefined);
  const targets = named.map((each) => ({
    kind,
    name,
    service: { namespace: each.namespace, name: each.name, port: each.port ?? DEFAULT_PORT },
  }));
  return { uid, targets: webhooksInOrder([targets]) };
}

function ofConfiguration(kind: 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration') {
  return webhookConfiguration.transform(({ metadata, webhooks }) =>
    webhookObject(
      kind,
      metadata,
      (webhooks ?? []).map((each) => each.clientConfig?.service),
    ),
  );
}

/** One schema per kind by which the API server calls others. */
export const webhookSchemas: ReadonlyMap<string, z.ZodType<WebhookObject>> = new Map<
  string,
  z.ZodType<WebhookObject>
>([
  ['ValidatingWebhookConfiguration', ofConfiguration('ValidatingWebhookConfiguration')],
  ['MutatingWebhookConfiguration', ofConfiguration('MutatingWebhookConfiguration')],
  [
    'APIService',
    apiService.transform(({ metadata, spec }) => webhookObject('APIService', metadata, [spec?.service])),
  ],
  [
    'CustomResourceDefinition',
    customResourceDefinition.transform(({ metadata, spec: { conversion } }) =>
      webhookObject('CustomResourceDefinition', metadata, [
        conversion?.strategy === 'Webhook' ? conversion.webhook?.clientConfig?.service : null,
      ]),
    ),
  ],
]);

/** Sorted, each once: the webhooks of one configuration commonly share a Service. */
export function webhooksInOrder(all: Iterable<readonly WebhookTarget[]>): WebhookTarget[] {
  const byKey = new Map([...all].flat().map((target) => [keyOf(target), target]));
  return [...byKey].toSorted(([a], [b]) => compareText(a, b)).map(([, target]) => target);
}

function keyOf({ kind, name, service: { namespace, name: of, port } }: WebhookTarget): string {
  return [kind, name, namespace, of, port].join(' ');
}
