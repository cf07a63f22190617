/** The bytes of a body as they arrive. Only what is here is counted: who announces much and sends it slowly takes no room. */
import type { Readable } from 'node:stream';
import { ProblemError } from '../../domain/problem.ts';

/** `arrived` is told the bytes so far before they are kept, and may throw. Rejects with what it threw, or when the body breaks off. */
export function readBody(stream: Readable, arrived: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      try {
        arrived(bytes);
        chunks.push(chunk);
      } catch (error) {
        // The rest is let go, so that who sends it comes to read the answer.
        stream.off('data', take);
        stream.resume();
        chunks.length = 0;
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const breakOff = (): void => reject(new ProblemError('malformed-batch', 'the body broke off'));
    stream.on('data', take);
    stream.once('end', () => resolve(Buffer.concat(chunks)));
    stream.once('error', breakOff);
    stream.once('close', breakOff);
  });
}
