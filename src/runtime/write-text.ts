/** Writes to a stream of the process and waits until it is out. */

/** Rejects when the text cannot be written; a reader that went away (`| head`) is no error. */
export async function writeText(stream: NodeJS.WritableStream, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error | null) => {
      if (error === undefined || error === null || isClosedPipe(error)) resolve();
      else reject(error);
    };
    stream.once('error', settle);
    stream.write(text, (error) => {
      settle(error);
      // A failed write emits 'error' right after this callback: the listener stays until that has passed.
      setImmediate(() => stream.off('error', settle));
    });
  });
}

function isClosedPipe(error: Error): boolean {
  return 'code' in error && error.code === 'EPIPE';
}
