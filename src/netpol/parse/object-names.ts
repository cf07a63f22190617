/** The syntax of names, as apimachinery's validation has it. Each says what is wrong, or null. */

const MAX_SUBDOMAIN = 253;
const MAX_LABEL = 63;

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** A DNS-1123 subdomain: the names of policies. */
export function wrongWithName(text: string): string | null {
  if (text.length > MAX_SUBDOMAIN) return `is longer than ${MAX_SUBDOMAIN} characters`;
  if (SUBDOMAIN.test(text)) return null;
  return `${quoted(text)} is no name: lower case letters, digits, "-" and ".", each part beginning and ending with a letter or digit`;
}

/** A DNS-1123 label: the names of namespaces. */
export function wrongWithNamespace(text: string): string | null {
  if (text.length > MAX_LABEL) return `is longer than ${MAX_LABEL} characters`;
  if (DNS_LABEL.test(text)) return null;
  return `${quoted(text)} is no namespace: lower case letters, digits and "-", beginning and ending with a letter or digit`;
}

/** A label key: a name of at most 63 characters, after an optional DNS-1123 prefix and a slash. */
export function wrongWithLabelKey(text: string): string | null {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const isName = name.length <= MAX_LABEL && QUALIFIED_NAME.test(name);
  const isPrefix = prefix === undefined || (prefix.length <= MAX_SUBDOMAIN && SUBDOMAIN.test(prefix));
  if (isName && isPrefix && parts.length <= 2) return null;
  return `${quoted(text)} is no label key: at most 63 letters, digits, "-", "_" and ".", after an optional DNS prefix and "/"`;
}

/** A label value, which may be empty. */
export function wrongWithLabelValue(text: string): string | null {
  if (text === '' || (text.length <= MAX_LABEL && QUALIFIED_NAME.test(text))) return null;
  return `${quoted(text)} is no label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit`;
}

/** An IANA service name (RFC 6335 section 5.1), as ports are named. */
export function wrongWithPortName(text: string): string | null {
  if (/^[0-9]+$/.test(text))
    return `${quoted(text)} is no port name; a port number has no quotes: ${Number(text)}`;
  const isName =
    text.length <= 15 &&
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text) &&
    /[a-z]/.test(text) &&
    !text.includes('--');
  if (isName) return null;
  return `${quoted(text)} is no port name: 1 to 15 lower case letters, digits and single "-", with at least one letter`;
}

/** For messages: short, on one line. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
