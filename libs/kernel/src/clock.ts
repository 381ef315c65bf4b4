/** A timer that was set. `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time. Everything that waits, expires or measures takes a Clock, so that
 * tests run on virtual time (style.md, habit 3).
 */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. May jump; never use it for durations. */
  now(): number;
  /** Monotonic time in milliseconds with sub-millisecond resolution. Only differences mean something. */
  monotonic(): number;
  /** Calls `fn` once after `ms` milliseconds. The timer does not keep the process alive. */
  after(ms: number, fn: () => void): Timer;
  /** Calls `fn` every `ms` milliseconds. The timer does not keep the process alive. */
  every(ms: number, fn: () => void): Timer;
}

class SystemTimer implements Timer {
  constructor(private readonly handle: NodeJS.Timeout) {
    handle.unref();
  }
  cancel(): void {
    clearTimeout(this.handle);
  }
}

/** The machine's clock. Its timers are unref'd: open sockets and servers keep a process alive, timers do not. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, fn) => new SystemTimer(setTimeout(fn, ms)),
  every: (ms, fn) => new SystemTimer(setInterval(fn, ms)),
};

/**
 * Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first.
 * @param ms milliseconds, 0 or more
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Gives the event loop one full turn, so that sockets are served between chunks of work (S17). */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
