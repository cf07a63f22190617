/** Resolves when the signal is aborted, at once if it already is. For one wait in a signal's life, not for one in a loop. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
