/** Elements of `from` and `to`, with their ipBlocks (NETPOL rules 10, 11 and 19). */
import { cidrCovers, formatCidr, parseCidr } from '../../domain/cidr.ts';
import type { Cidr } from '../../domain/cidr.ts';
import { parseIp } from '../../domain/ip.ts';
import type { IpBlock, NetworkPolicyPeer } from '../policy.ts';
import { elementsOf, fieldsOf, optional, reject, rejectAbsent, textOf, warn } from './field.ts';
import type { Field } from './field.ts';
import { quoted } from './object-names.ts';
import { parseSelector } from './parse-selector.ts';

export function parsePeer(field: Field): NetworkPolicyPeer {
  const fields = fieldsOf(field, ['podSelector', 'namespaceSelector', 'ipBlock']);
  const given = (name: string) => (fields.get(name)?.value ?? null) !== null;
  const selects = given('podSelector') || given('namespaceSelector');
  if (!selects && !given('ipBlock')) {
    reject(
      field,
      'an empty peer is not valid; give podSelector, namespaceSelector or ipBlock, or leave the list empty for any peer',
    );
  }
  if (selects && given('ipBlock'))
    reject(field, 'ipBlock cannot stand beside podSelector or namespaceSelector');
  return {
    ...optional(fields, 'podSelector', parseSelector),
    ...optional(fields, 'namespaceSelector', parseSelector),
    ...optional(fields, 'ipBlock', parseBlock),
  };
}

function parseBlock(field: Field): IpBlock {
  const fields = fieldsOf(field, ['cidr', 'except']);
  const outer = fields.get('cidr');
  if (outer === undefined) rejectAbsent(field, 'cidr');
  const block = outer === undefined ? null : parsePrefix(outer);
  const except = optional(fields, 'except', (list) =>
    elementsOf(list).map((element) => {
      const cut = parsePrefix(element);
      if (block !== null && cut !== null) checkInside(element, { block, cut });
      return String(element.value);
    }),
  );
  return { cidr: String(outer?.value), ...except };
}

function parsePrefix(field: Field): Cidr | null {
  const text = textOf(field);
  if (text === null) return null;
  const block = parseCidr(text);
  if (block === null) {
    const address = parseIp(text);
    const length = address?.includes(':') === true ? 128 : 32;
    const hint = address === null ? '' : `; for one address write ${quoted(`${text}/${length}`)}`;
    return reject(field, `${quoted(text)} is no CIDR, as in 10.0.0.0/8${hint}`);
  }
  const canonical = formatCidr(block);
  const hasHostBits =
    parseIp(text.slice(0, text.indexOf('/'))) !== parseIp(canonical.slice(0, canonical.indexOf('/')));
  if (hasHostBits) warn(field, `${text} has bits set beyond its prefix; it means ${canonical}`);
  else if (text.includes(':') && block.family === 4)
    warn(field, `${text} is IPv4 in IPv6's clothes; it means ${canonical}`);
  return block;
}

/** NETPOL rule 19: a strict subset. */
function checkInside(element: Field, { block, cut }: { block: Cidr; cut: Cidr }): void {
  if (cidrCovers(block, cut) && cut.length > block.length) return;
  const where = block.family === cut.family ? 'is not strictly inside' : 'is of another family than';
  reject(element, `${formatCidr(cut)} ${where} ${formatCidr(block)}`);
}
