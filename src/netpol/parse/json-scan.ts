/** One pass over JSON text for what JSON.parse does not tell: where each value ends, and keys that are given twice. */

export interface JsonScan {
  /** Offsets of the value in the text. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  /** The first few. */
  readonly duplicates: readonly { readonly key: string; readonly line: number }[];
}

/** Enough to see what is wrong with a file. */
const MAX_DUPLICATES = 20;

/** kube-apiserver's own decoder stops at 10,000; no object of Kubernetes is a hundred deep. */
const MAX_DEPTH = 1000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;

/** The objects that stand one after the other; null when the text is not of that shape. It does not check JSON's grammar further. */
export function scanJson(text: string): JsonScan[] | null {
  const documents: JsonScan[] = [];
  const open: (Set<string> | null)[] = [];
  let duplicates: { key: string; line: number }[] = [];
  let line = 1;
  let first = { at: 0, line };
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) line += 1;
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (end === null || open.length === 0) return null;
      const keys = open.at(-1) ?? null;
      if (keys !== null && isFollowedByColon(text, end)) {
        const key = unquote(text.slice(at, end));
        if (key === null) return null;
        if (keys.has(key) && duplicates.length < MAX_DUPLICATES) duplicates.push({ key, line });
        keys.add(key);
      }
      at = end;
      continue;
    }
    if (code === 0x7b || code === 0x5b) {
      if (open.length === 0) {
        if (code === 0x5b) return null;
        first = { at, line };
      }
      if (open.length === MAX_DEPTH) return null;
      open.push(code === 0x7b ? new Set() : null);
    } else if (code === 0x7d || code === 0x5d) {
      if (open.length === 0) return null;
      open.pop();
      if (open.length === 0) {
        documents.push({ start: first.at, end: at + 1, line: first.line, duplicates });
        duplicates = [];
      }
    } else if (open.length === 0 && !isSpace(code)) return null;
    at += 1;
  }
  return open.length === 0 ? documents : null;
}

/** The offset after the closing quote; null without one. */
function endOfString(text: string, start: number): number | null {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at + 1;
    else if (code === NEWLINE) return null;
  }
  return null;
}

function isFollowedByColon(text: string, end: number): boolean {
  let at = end;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return text.charCodeAt(at) === 0x3a;
}

/** Escapes make two spellings of one key. */
function unquote(text: string): string | null {
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    return null;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === NEWLINE || code === 0x0d || code === 0x09;
}
