import { ProblemError } from '../domain/problem.ts';

/** What a cursor's text begins with: another order of the list would be another version. */
const VERSION = 'edge1 ';

/** The cursor of a page that ends with the edge of this key text. Opaque to clients: base64url. */
export function edgeCursor(lastKey: string): string {
  return Buffer.from(VERSION + lastKey, 'utf8').toString('base64url');
}

/** The key text that `cursor` was made of. Throws a ProblemError `bad-cursor` for anything `edgeCursor` did not make. */
export function parseEdgeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const key = text.slice(VERSION.length);
  if (text.startsWith(VERSION) && key !== '' && edgeCursor(key) === cursor) return key;
  throw new ProblemError('bad-cursor', 'the cursor is not one that this list gave', {
    hint: 'Begin again without a cursor, and pass each page its predecessor’s `next` unchanged.',
  });
}
