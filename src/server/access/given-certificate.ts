/** A certificate and its key in two files that somebody else replaces (a mounted secret, cert-manager). It writes nothing. */
import { readFileSync } from 'node:fs';
import { ProblemError } from '../../domain/problem.ts';
import { certificateFacts, pairProblem } from './certificate.ts';
import type { CertificatePair, CertificateSource } from './certificate.ts';

interface CertificateLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Two small files: looking at them costs nothing, and file notifications do not see every way of replacing one. */
const LOOK_EVERY_MS = 2_000;

/** Throws a ProblemError `bad-certificate` when the files hold no usable pair at first; later the last good one stays in use. */
export function givenCertificate(
  files: { readonly certFile: string; readonly keyFile: string },
  log: CertificateLog,
): CertificateSource {
  const current = read(files);
  const problem = typeof current === 'string' ? current : pairProblem(current);
  if (typeof current === 'string' || problem !== null)
    throw new ProblemError(
      'bad-certificate',
      `${files.certFile} and ${files.keyFile} cannot be served: ${problem}.`,
    );
  log.info({ ...files, ...certificateFacts(current.cert) }, 'certificate loaded');
  const followers: ((pair: CertificatePair) => void)[] = [];
  let served = current;
  let told = '';
  const look = (): void => {
    const found = read(files);
    if (typeof found !== 'string' && found.cert === served.cert && found.key === served.key) {
      told = '';
      return;
    }
    const wrong = typeof found === 'string' ? found : pairProblem(found);
    if (typeof found === 'string' || wrong !== null) {
      // Files that are replaced one after the other do not belong together for a moment.
      if (wrong !== null && wrong !== told)
        log.warn({ ...files, problem: wrong }, 'new certificate files are unusable: the old stay in use');
      told = wrong ?? '';
      return;
    }
    served = found;
    told = '';
    for (const take of followers) take(found);
    log.info({ ...files, ...certificateFacts(found.cert) }, 'certificate replaced');
  };
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return {
    get current() {
      return served;
    },
    follow: (take) => void followers.push(take),
    close: () => clearInterval(timer),
  };
}

/** The pair, or why it cannot be read. */
function read(files: { readonly certFile: string; readonly keyFile: string }): CertificatePair | string {
  try {
    return { cert: readFileSync(files.certFile, 'utf8'), key: readFileSync(files.keyFile, 'utf8') };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
