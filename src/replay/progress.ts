/** Progress of long input on standard error: a line every few seconds, nothing for short ones. */
export interface Progress {
  add(bytes: number): void;
}

const FIRST_AFTER_MS = 2_000;
const EVERY_MS = 2_000;

/** `now` returns unix ms. */
export function progressTo(stderr: NodeJS.WritableStream, totalBytes: number, now: () => number): Progress {
  const started = now();
  let done = 0;
  let told = started + FIRST_AFTER_MS - EVERY_MS;
  return {
    add(bytes) {
      done += bytes;
      const at = now();
      if (at - told < EVERY_MS) return;
      told = at;
      const rate = done / Math.max(1, at - started);
      const leftS = Math.ceil(Math.max(0, totalBytes - done) / rate / 1000);
      stderr.write(
        `replay: ${megabytes(done)} of ${megabytes(totalBytes)} MB read (${Math.floor((100 * done) / Math.max(1, totalBytes))} %), about ${leftS} s left\n`,
      );
    },
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
