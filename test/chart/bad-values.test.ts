/** Values that cannot work are refused when the chart renders, with words that say what to do, and not in the cluster. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CHART, helm, template } from './helm.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'netscribe-chart-'));
afterAll(() => rmSync(folder, { recursive: true }));

function refusalOf(values: unknown): string {
  const file = path.join(folder, 'values.json');
  writeFileSync(file, JSON.stringify(values));
  const { code, out, err } = helm(
    'template',
    'netscribe',
    CHART,
    '--namespace=netscribe',
    `--values=${file}`,
  );
  expect(out).toBe('');
  expect(code).not.toBe(0);
  return err;
}

const GIVEN = { mode: 'secret', secret: { name: 'netscribe-tls' } };

describe('the schema refuses', () => {
  it.each<[string, unknown, RegExp]>([
    ['an unknown value', { unheardOf: 1 }, /unheardOf/],
    ['an unknown value of the agent', { agent: { unheardOf: 1 } }, /unheardOf/],
    ['an unknown value of an account', { serviceAccounts: { agent: { unheardOf: 1 } } }, /unheardOf/],
    ['an unknown amount of resources', { server: { resources: { limits: { gpu: 1 } } } }, /gpu/],
    ['a word for a boolean', { serviceAccounts: { create: 'perhaps' } }, /create/],
    ['replicas that are no number', { server: { replicas: 'two' } }, /replicas/],
    ['a limit of the agent CPU', { agent: { resources: { limits: { cpu: '1' } } } }, /cpu/],
    ['a quantity that is none', { server: { persistence: { size: '10 gigabytes' } } }, /size/],
    [
      'a volume that many pods write',
      { server: { persistence: { accessMode: 'ReadWriteMany' } } },
      /accessMode/,
    ],
    ['a port above 65535', { server: { service: { port: 70000 } } }, /port/],
    ['a listener on one address', { server: { bindAddress: '10.0.0.1' } }, /bindAddress/],
    ['a node range that is none', { server: { nodeCIDRs: ['10.0.0.0'] } }, /nodeCIDRs/],
    ['a named range that is none', { server: { namedRanges: { lists: { a: ['x'] } } } }, /lists/],
    ['a list of ranges without any', { server: { namedRanges: { lists: { a: [] } } } }, /lists/],
    [
      'a name of ranges with a line end',
      { server: { namedRanges: { lists: { 'a\nb': ['::/0'] } } } },
      /propertyName/,
    ],
    ['an unknown value of the named ranges', { server: { namedRanges: { file: 'x' } } }, /file/],
    ['a learning window of minutes', { server: { learningWindow: '60m' } }, /learningWindow/],
    ['a learning window above a year', { server: { learningWindow: '367d' } }, /learningWindow/],
    ['a node range with a prefix of 33', { server: { nodeCIDRs: ['10.0.0.0/33'] } }, /nodeCIDRs/],
    ['the host folder /etc/kubernetes', { agent: { state: { hostPath: '/etc/kubernetes' } } }, /hostPath/],
    ['the host folder /var/lib', { agent: { state: { hostPath: '/var/lib' } } }, /hostPath/],
    ['a host folder with ..', { agent: { state: { hostPath: '/var/lib/x/../kubelet' } } }, /hostPath/],
    ['a third kind of state', { agent: { state: { kind: 'nfs' } } }, /kind/],
    ['a source that is none', { agent: { source: 'ebpf' } }, /source/],
    ['a toleration with a misspelt effect', { agent: { tolerations: [{ effect: 'NoRun' }] } }, /effect/],
    ['an affinity with an unknown field', { agent: { affinity: { nodes: {} } } }, /nodes/],
    ['a priority that is for the system', { agent: { priorityClass: { value: 2000000000 } } }, /value/],
    ['a TLS mode that is none', { tls: { mode: 'off' } }, /mode/],
    ['a fingerprint with colons', { tls: { pinSha256: 'AB:CD' } }, /pinSha256/],
    ['a key where the CA belongs', { tls: { ca: { pem: '-----BEGIN PRIVATE KEY-----\n' } } }, /pem/],
    ['a tag with a registry in it', { image: { tag: 'registry:5000/x' } }, /tag/],
    ['a digest that is cut short', { image: { digest: 'sha256:abc' } }, /digest/],
    ['a peer that is empty, and so everybody', { networkPolicy: { metricsFrom: [{}] } }, /metricsFrom/],
    ['a peer with an unknown field', { networkPolicy: { dnsTo: [{ fqdn: 'x' }] } }, /fqdn/],
    ['a label with a space', { commonLabels: { team: 'two words' } }, /team/],
    ['an argument that is no option', { agent: { extraArgs: ['; rm -rf /'] } }, /extraArgs/],
    ['a name too long for a label', { fullnameOverride: 'n'.repeat(46) }, /fullnameOverride/],
  ])('%s', (_what, values, place) => {
    const refusal = refusalOf(values);
    expect(refusal).toContain("values don't meet the specifications of the schema");
    expect(refusal).toMatch(place);
  });
});

describe('the chart refuses, with advice,', () => {
  it.each<[string, unknown, string]>([
    ['two servers', { server: { replicas: 2 } }, 'Set it to 1'],
    ['a CA without a volume', { server: { persistence: { enabled: false } } }, 'Keep the volume'],
    ['TLS from a Secret without its name', { tls: { mode: 'secret' } }, 'tls.secret.name'],
    ['TLS from a Secret without a CA', { tls: GIVEN }, 'tls.ca.configMap'],
    [
      'the CA from the Secret with the key',
      { tls: { ...GIVEN, ca: { secret: 'netscribe-tls' } } },
      'every node could read it',
    ],
    [
      'two places of the named ranges',
      { server: { namedRanges: { lists: { a: ['::/0'] }, configMap: 'b' } } },
      'give one',
    ],
    ['two places of the CA', { tls: { ...GIVEN, ca: { secret: 'a', configMap: 'b' } } }, 'give one'],
    ['a CA beside the one that the server makes', { tls: { ca: { secret: 'a' } } }, 'agents pin the CA'],
    [
      'a fingerprint beside a CA',
      { tls: { ...GIVEN, ca: { secret: 'a' }, pinSha256: 'a'.repeat(64) } },
      'server-made only',
    ],
    ['a Secret that is not used', { tls: { secret: { name: 'a' } } }, 'set it to secret'],
    ['cert-manager without an issuer', { tls: { mode: 'cert-manager' } }, 'issuerRef.name'],
    [
      'a claim without persistence',
      {
        tls: { ...GIVEN, ca: { secret: 'a' } },
        server: { persistence: { enabled: false, existingClaim: 'a' } },
      },
      'persistence.enabled is false',
    ],
    [
      'names for a certificate that is given',
      { tls: { ...GIVEN, ca: { secret: 'a' }, extraNames: ['x.example.com'] } },
      'tls.extraNames',
    ],
    ['probes of nothing', { agent: { metrics: { probes: true } } }, 'agent.metrics.enabled'],
    ['accounts without names', { serviceAccounts: { create: false } }, 'name the accounts'],
    [
      'one account for both',
      { serviceAccounts: { agent: { name: 'a' }, server: { name: 'a' } } },
      'must have no rights',
    ],
  ])('%s', (_what, values, advice) => {
    expect(refusalOf(values)).toContain(advice);
  });
});

it('takes what those are not: the same values, put right', () => {
  expect(template('--set=server.replicas=0', '--set=agent.state.hostPath=/opt/netscribe/agent')).toContain(
    'path: /opt/netscribe/agent',
  );
});
