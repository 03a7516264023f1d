/** Ctrl-C and its kin: work that can keep its best result is asked to stop; a second request ends the process at once. */

export const EXIT_INTERRUPTED = 130;

let graceful: AbortController | undefined;

/** A signal that the first interrupt aborts, for work that stops by itself and still has something to write. */
export function interruptSignal(): AbortSignal {
  graceful ??= new AbortController();
  return graceful.signal;
}

/** From now on the first interrupt ends the process at once. */
export function endGracefulWork(): void {
  graceful = undefined;
}

/** Handles SIGINT, SIGTERM and SIGHUP from now on. */
export function listenForInterrupts(): void {
  const stop = (): void => {
    if (!graceful || graceful.signal.aborted) process.exit(EXIT_INTERRUPTED);
    graceful.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
}
