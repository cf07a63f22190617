/**
 * What the server may do against what it does: the real process runs against an API server that enforces rendered rules
 * and records which of them were used.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ServedKind } from '../fake-api-server/kinds.ts';
import { Rbac } from '../fake-api-server/rbac.ts';
import { FakeApiServer } from '../fake-api-server/server.ts';
import { answerTo } from '../hostile/attack.ts';
import { startServer } from '../hostile/server-process.ts';

export interface Proof {
  readonly granted: readonly string[];
  /** Calls that the server made and no rule allows. */
  readonly missing: readonly string[];
  /** What is granted and was not needed. */
  readonly unused: readonly string[];
}

/** A cluster with every other kind of network policy that the server looks for, under the names of their resources. */
const OTHER_POLICIES: readonly ServedKind[] = [
  kind('cilium.io/v2', 'CiliumNetworkPolicy', 'ciliumnetworkpolicies'),
  kind('cilium.io/v2', 'CiliumClusterwideNetworkPolicy', 'ciliumclusterwidenetworkpolicies'),
  kind('crd.antrea.io/v1beta1', 'NetworkPolicy', 'networkpolicies'),
  kind('crd.antrea.io/v1beta1', 'ClusterNetworkPolicy', 'clusternetworkpolicies'),
  kind('crd.projectcalico.org/v1', 'NetworkPolicy', 'networkpolicies'),
  kind('crd.projectcalico.org/v1', 'GlobalNetworkPolicy', 'globalnetworkpolicies'),
  kind('projectcalico.org/v3', 'NetworkPolicy', 'networkpolicies'),
  kind('projectcalico.org/v3', 'GlobalNetworkPolicy', 'globalnetworkpolicies'),
  kind('k8s.ovn.org/v1', 'EgressFirewall', 'egressfirewalls'),
  kind('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', 'clusternetworkpolicies'),
  kind('policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', 'adminnetworkpolicies'),
  kind('policy.networking.k8s.io/v1alpha1', 'BaselineAdminNetworkPolicy', 'baselineadminnetworkpolicies'),
  kind('security.istio.io/v1', 'AuthorizationPolicy', 'authorizationpolicies'),
];

const SETTLED_DEADLINE_MS = 90_000;

/** `account` is `namespace/name`. People are asked about when `arePeopleServed`. */
export async function prove(
  manifests: string,
  {
    account,
    arePeopleServed,
    isSettled = ({ unused }) => unused.length === 0,
  }: {
    readonly account: string;
    readonly arePeopleServed: boolean;
    /** When no more calls are waited for. */
    readonly isSettled?: (rbac: Rbac) => boolean;
  },
): Promise<Proof> {
  const folder = mkdtempSync(path.join(tmpdir(), 'netscribe-rbac-'));
  const api = new FakeApiServer({ kinds: OTHER_POLICIES });
  const rbac = new Rbac(manifests, account);
  api.rbac = rbac;
  // As API servers before 1.32, and 1.33: everything is listed first, and then watched.
  api.faults.watchList = 'refused';
  const apiUrl = await api.listen();
  const server = await startServer([
    `--db=${path.join(folder, 'server.db')}`,
    '--listen=127.0.0.1:0',
    '--ingest=127.0.0.1:0',
    '--probes=127.0.0.1:0',
    '--agent-auth=token',
    '--agent-service-account=netscribe/netscribe-agent',
    `--people-auth=${arePeopleServed ? 'kubernetes' : 'off'}`,
    `--api-server=${apiUrl}`,
  ]);
  try {
    const token = api.tokens.issue({ namespace: 'ci', serviceAccount: 'drift', audience: 'netscribe' });
    const headers = { authorization: `Bearer ${token}` };
    await answerTo(`${server.at.ingest}/api/v1/batches`, { method: 'POST', headers });
    await answerTo(`${server.at.ingest}/api/v1/leases`, { headers });
    const deadline = performance.now() + SETTLED_DEADLINE_MS;
    while (!isSettled(rbac) && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50));
    return { granted: rbac.granted, missing: rbac.refused, unused: rbac.unused };
  } finally {
    await server.stop();
    await api.close();
    rmSync(folder, { recursive: true });
  }
}

function kind(apiVersion: string, name: string, plural: string): ServedKind {
  return { apiVersion, kind: name, plural, namespaced: true };
}
