/** The options that say who may talk to the server, and over what. What is unsafe must be asked for by name. */
import { isIP } from 'node:net';
import type { ServiceAccount } from './agent-gate.ts';

export type TlsChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'given'; readonly certFile: string; readonly keyFile: string }
  | { readonly kind: 'own'; readonly directory: string; readonly names: readonly string[] };

export type AgentAuth =
  { readonly kind: 'none' } | { readonly kind: 'token'; readonly serviceAccount: ServiceAccount };

/** As the command line has them. */
export interface RawAccess {
  tlsCert?: string;
  tlsKey?: string;
  tlsDir?: string;
  tlsName: string[];
  agentAuth?: string;
  agentAudience: string;
  agentServiceAccount?: string;
  peopleAuth: string;
}

export interface AccessOptions {
  readonly tls: TlsChoice;
  readonly agentAuth: AgentAuth;
  readonly peopleAuth: 'off' | 'kubernetes';
  readonly audience: string;
}

/** Labels of RFC 1123, at most 253 characters together. */
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/i;
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Adds to `problems`; what it returns is of use only when there were none. */
export function accessOptions(raw: RawAccess, isLoopback: boolean, problems: string[]): AccessOptions {
  const tls = tlsOf(raw, problems);
  if (tls.kind === 'none' && !isLoopback)
    problems.push('--ingest is no loopback address: give --tls-cert and --tls-key, or --tls-dir');
  if (tls.kind === 'own' && tls.names.length === 0 && !isLoopback)
    problems.push('--tls-dir needs --tls-name: the names by which agents call this server');
  const { peopleAuth, agentAudience: audience } = raw;
  if (peopleAuth !== 'off' && peopleAuth !== 'kubernetes')
    problems.push(`--people-auth ${peopleAuth} is neither off nor kubernetes`);
  if (!/^[\x21-\x7e]{1,253}$/.test(audience)) problems.push('--agent-audience is no audience');
  return {
    tls,
    agentAuth: agentAuthOf(raw, isLoopback, problems),
    peopleAuth: peopleAuth === 'kubernetes' ? 'kubernetes' : 'off',
    audience,
  };
}

function tlsOf({ tlsCert, tlsKey, tlsDir, tlsName }: RawAccess, problems: string[]): TlsChoice {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    problems.push('--tls-cert and --tls-key belong together');
  if (tlsDir !== undefined && (tlsCert !== undefined || tlsKey !== undefined))
    problems.push('--tls-dir and --tls-cert exclude each other');
  if (tlsName.length > 0 && tlsDir === undefined)
    problems.push('--tls-name is for the certificate in --tls-dir; a given certificate has its names');
  for (const name of tlsName)
    if (isIP(name) === 0 && !DNS_NAME.test(name))
      problems.push(`--tls-name ${name} is neither a DNS name nor an address`);
  if (tlsDir !== undefined) return { kind: 'own', directory: tlsDir, names: tlsName };
  if (tlsCert === undefined || tlsKey === undefined) return { kind: 'none' };
  return { kind: 'given', certFile: tlsCert, keyFile: tlsKey };
}

function agentAuthOf(
  { agentAuth, agentServiceAccount }: RawAccess,
  isLoopback: boolean,
  problems: string[],
): AgentAuth {
  const how = agentAuth ?? (isLoopback ? 'none' : 'token');
  if (how !== 'token' && how !== 'none') problems.push(`--agent-auth ${how} is neither token nor none`);
  if (how !== 'token') return { kind: 'none' };
  const [namespace = '', name = '', ...more] = (agentServiceAccount ?? '').split('/');
  const isAccount = OBJECT_NAME.test(namespace) && OBJECT_NAME.test(name) && more.length === 0;
  if (agentServiceAccount === undefined)
    problems.push('--agent-auth token needs --agent-service-account NAMESPACE/NAME');
  else if (!isAccount) problems.push(`--agent-service-account ${agentServiceAccount} is not NAMESPACE/NAME`);
  return { kind: 'token', serviceAccount: { namespace, name } };
}
