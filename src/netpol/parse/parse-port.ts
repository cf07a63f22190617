/** Elements of `ports` (NETPOL rules 15 to 17). */
import type { NetworkPolicyPort } from '../policy.ts';
import { fieldsOf, optional, reject } from './field.ts';
import type { Field } from './field.ts';
import { quoted, wrongWithPortName } from './object-names.ts';
import { nameOfValue } from './value-name.ts';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

export function parsePort(field: Field): NetworkPolicyPort {
  const fields = fieldsOf(field, ['protocol', 'port', 'endPort']);
  const port = optional(fields, 'port', parseNumberOrName);
  const endPort = optional(fields, 'endPort', parseNumber);
  const end = fields.get('endPort');
  if (end !== undefined && end.value !== null)
    checkEnd(end, { port: fields.get('port')?.value, to: endPort.endPort ?? null });
  return { ...optional(fields, 'protocol', parseProtocolName), ...port, ...endPort };
}

function parseProtocolName(field: Field): (typeof PROTOCOLS)[number] {
  const { value } = field;
  const found = PROTOCOLS.find((each) => each === value);
  if (found !== undefined) return found;
  const what = typeof value === 'string' ? quoted(value) : nameOfValue(value);
  const spelt = PROTOCOLS.find((each) => typeof value === 'string' && each === value.toUpperCase());
  reject(
    field,
    `${what} is no protocol; ${spelt === undefined ? 'it is one of TCP, UDP, SCTP' : `it is spelt ${spelt}`}`,
  );
  return 'TCP';
}

function parseNumberOrName(field: Field): number | string | null {
  const { value } = field;
  if (typeof value !== 'string') return parseNumber(field);
  const wrong = wrongWithPortName(value);
  return wrong === null ? value : reject(field, wrong);
}

function parseNumber(field: Field): number | null {
  const { value } = field;
  if (typeof value === 'string' && /^[0-9]+$/.test(value)) {
    return reject(field, `${quoted(value)} is text; a number has no quotes: ${Number(value)}`);
  }
  if (typeof value !== 'number') return reject(field, `is ${nameOfValue(value)}, not a port`);
  if (Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  return reject(field, `${value} is no port; ports are whole numbers from 1 to 65535`);
}

function checkEnd(end: Field, { port, to }: { port: unknown; to: number | null }): void {
  if (port === undefined || port === null) reject(end, 'endPort needs a port');
  else if (typeof port === 'string') reject(end, 'endPort needs a port number, not a name');
  else if (typeof port === 'number' && to !== null && to < port)
    reject(end, `${to} is less than port ${port}`);
}
