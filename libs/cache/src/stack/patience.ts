import type { Clock, Timer } from '@mcp-cluster/kernel';

/** How an answer came: in time, not in time, or as an error. */
export type Outcome<T> =
  /** `slow`: it took longer than a good answer may, while this process could have read it at once. */
  | { readonly state: 'answered'; readonly answer: T; readonly slow: boolean }
  | { readonly state: 'late' }
  | { readonly state: 'failed' };

/** In milliseconds. */
export interface Patience {
  /** An answer that takes longer is slow. */
  readonly slowMs: number;
  /** One that takes longer is given up; more than `slowMs`. */
  readonly mostMs: number;
}

/** A timer that is so much late itself says that this process was busy, not that somebody else is slow. */
const BUSY_MS = 10;

/**
 * Waits for an answer, but not for ever. Never rejects. The time in which this process did not get to read answers is
 * nobody's fault: on a machine that is too small every answer would be slow, and a good level would be left alone.
 * @param late told of an answer that came when nobody waited for it any more
 */
export function patiently<T>(
  clock: Clock,
  { slowMs, mostMs }: Patience,
  ask: () => Promise<T>,
  late?: (answer: T) => void,
): Promise<Outcome<T>> {
  return new Promise((resolve) => {
    let waiting = true;
    let slow = false;
    let timer: Timer;
    const end = (outcome: Outcome<T>): void => {
      waiting = false;
      timer.cancel();
      resolve(outcome);
    };
    /** Calls back after so long, and says whether this process was free then. */
    const after = (ms: number, then: (free: boolean) => void): void => {
      const began = clock.monotonic();
      timer = clock.after(ms, () => {
        then(clock.monotonic() - began <= ms + BUSY_MS);
      });
    };
    const giveUp = (): void => {
      end({ state: 'late' });
    };
    after(slowMs, (free) => {
      slow = free;
      after(mostMs - slowMs, (stillFree) => {
        // An answer that came meanwhile is read by the event loop next.
        if (stillFree) giveUp();
        else after(BUSY_MS, giveUp);
      });
    });
    started(ask).then(
      (answer) => {
        if (waiting) end({ state: 'answered', answer, slow });
        else late?.(answer);
      },
      () => {
        if (waiting) end({ state: 'failed' });
      },
    );
  });
}

/** Its promise; what it throws before it gives one is a rejection. */
async function started<T>(ask: () => Promise<T>): Promise<T> {
  return await ask();
}
