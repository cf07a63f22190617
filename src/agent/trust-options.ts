/** The options about the server's authority, as one choice. */
import path from 'node:path';
import type { CaTrust } from './server-authority.ts';

/** In the state directory, beside what must not be lost with the process. */
const PIN_FILE = 'server-ca.pem';

/** Values as given; empty ones are absent. Fills `problems`; what it returns is of use only when there were none. */
export function trustOf(
  given: {
    readonly file: string;
    readonly pin: string;
    readonly sha256: string;
    readonly stateDir: string;
  },
  problems: string[],
): CaTrust {
  const sha256 = given.sha256.replaceAll(':', '').toLowerCase();
  if (sha256 !== '' && !/^[0-9a-f]{64}$/.test(sha256))
    problems.push(`--ca-sha256 ${given.sha256} is not a SHA-256 in hex`);
  if (!['', 'true', 'false', '1', '0'].includes(given.pin))
    problems.push(`--pin-ca ${given.pin} is neither true nor false`);
  const isPinned = given.pin === 'true' || given.pin === '1';
  if (given.file !== '' && (isPinned || sha256 !== ''))
    problems.push('--ca-file names the authority: --pin-ca and --ca-sha256 are for when there is no file');
  if (given.file !== '') return { kind: 'file', file: given.file };
  if (isPinned)
    return {
      kind: 'pin',
      file: path.join(given.stateDir, PIN_FILE),
      sha256: sha256 === '' ? null : sha256,
    };
  return sha256 === '' ? { kind: 'system' } : { kind: 'hash', sha256 };
}
