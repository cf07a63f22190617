/**
 * RBAC as kube-apiserver enforces it, for one service account: rules from rendered manifests, a yes or no for each call, and
 * a record of which calls used which rule. What no rule allows is refused, so that a missing rule is seen as a failure.
 */
import { parseAllDocuments } from 'yaml';
import type { Asked } from './asked.ts';

/** A call by its RBAC attributes. */
export interface Call {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly resource: string;
  /** Null for the whole cluster. */
  readonly namespace: string | null;
}

/** One verb on one resource of one rule: the smallest thing that can be granted and left unused. */
interface Granted extends Call {
  readonly role: string;
}

interface Manifest {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly roleRef?: { readonly kind?: string; readonly name?: string };
  readonly subjects?: readonly {
    readonly kind?: string;
    readonly name?: string;
    readonly namespace?: string;
  }[];
  readonly rules?: readonly {
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
    readonly verbs?: readonly string[];
  }[];
}

export class Rbac {
  readonly #granted: readonly Granted[];
  readonly #used = new Set<Granted>();
  readonly #refused = new Set<string>();

  /** `yaml` holds any manifests; `account` is `namespace/name`. */
  constructor(yaml: string, account: string) {
    const manifests = parseAllDocuments(yaml).flatMap((document) => {
      const value = document.toJS() as Manifest | null;
      return value === null ? [] : [value];
    });
    const bindings = manifests.filter(
      ({ kind, subjects }) =>
        (kind === 'RoleBinding' || kind === 'ClusterRoleBinding') &&
        (subjects ?? []).some(
          (each) => each.kind === 'ServiceAccount' && `${each.namespace}/${each.name}` === account,
        ),
    );
    this.#granted = bindings.flatMap((binding) => grantedBy(binding, manifests));
  }

  /** Everything that is granted, for a test that it is not nothing. */
  get granted(): readonly string[] {
    return this.#granted.map(textOf);
  }

  allows(call: Call): boolean {
    const fitting = this.#granted.filter(
      (each) =>
        each.verb === call.verb &&
        each.group === call.group &&
        each.resource === call.resource &&
        (each.namespace === null || each.namespace === call.namespace),
    );
    for (const each of fitting) this.#used.add(each);
    if (fitting.length === 0) this.#refused.add(textOf(call));
    return fitting.length > 0;
  }

  /** What was granted and no call needed. */
  get unused(): string[] {
    return this.#granted.filter((each) => !this.#used.has(each)).map(textOf);
  }

  /** Calls that no rule allowed. */
  get refused(): string[] {
    return [...this.#refused];
  }
}

/** The call that a request for a collection is. */
export function callOf({ kind, verb, namespace }: Asked): Call {
  const [group = '', version] = kind.apiVersion.split('/');
  return { verb, group: version === undefined ? '' : group, resource: kind.plural, namespace };
}

function grantedBy(binding: Manifest, manifests: readonly Manifest[]): Granted[] {
  const { roleRef, metadata } = binding;
  const isCluster = binding.kind === 'ClusterRoleBinding';
  const role = manifests.find(
    (each) =>
      each.kind === roleRef?.kind &&
      each.metadata?.name === roleRef?.name &&
      (each.kind === 'ClusterRole' || each.metadata?.namespace === metadata?.namespace),
  );
  if (role === undefined) throw new Error(`${metadata?.name} binds a role that is not there`);
  const namespace = isCluster ? null : (metadata?.namespace ?? '');
  return (role.rules ?? []).flatMap(({ apiGroups = [], resources = [], verbs = [] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({ role: role.metadata?.name ?? '', verb, group, resource, namespace })),
      ),
    ),
  );
}

function textOf({ verb, group, resource, namespace }: Call): string {
  return `${verb} ${group === '' ? '' : `${group}/`}${resource}${namespace === null ? '' : ` in ${namespace}`}`;
}
