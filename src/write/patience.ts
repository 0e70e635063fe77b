/**
 * How long one process waits, and for how long it has. Its time never goes back, unlike the clock's that events record.
 * Handed in, so that a run can be repeated.
 */
export interface Patience {
  /** Milliseconds since some moment: only differences mean something. */
  elapsedMs(): number;
  /**
   * Calls once, after this many milliseconds.
   *
   * @returns what calls it off
   */
  after(ms: number, call: () => void): () => void;
  /** A chance from 0 up to 1, to spread what would meet again otherwise. */
  chance(): number;
}

/** The machine's own time and chance. */
export const MACHINE_PATIENCE: Patience = {
  elapsedMs: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => {
      clearTimeout(timer);
    };
  },
  chance: () => Math.random(),
};

/**
 * Waits for work that goes on anyway, but no longer than until a deadline of the patience's time.
 *
 * @returns what the work came to, or undefined when it is too late
 * @throws what the work throws in time
 */
export async function inTime<T>(
  patience: Patience,
  work: Promise<T>,
  deadlineMs: number,
): Promise<T | undefined> {
  let callOff = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    callOff = patience.after(Math.max(0, deadlineMs - patience.elapsedMs()), () => resolve(undefined));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    callOff();
  }
}

/** Waits this many milliseconds, or less when told to stop. */
export function pause(patience: Patience, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      callOff();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const callOff = patience.after(ms, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}
