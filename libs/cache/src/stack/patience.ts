import type { Clock } from '@mcp-cluster/kernel';

/** How an answer came: in time, not in time, or as an error. */
export type Outcome<T> =
  | { readonly state: 'answered'; readonly answer: T; readonly ms: number }
  | { readonly state: 'late' }
  | { readonly state: 'failed' };

/** A timer that is so much late itself says that this process was busy, not that somebody else is slow. */
const BUSY_MS = 25;

/**
 * Waits for an answer, but not for longer than `ms`. Never rejects.
 * @param late told of an answer that came when nobody waited for it any more
 */
export function patiently<T>(
  clock: Clock,
  ms: number,
  ask: () => Promise<T>,
  late?: (answer: T) => void,
): Promise<Outcome<T>> {
  return new Promise((resolve) => {
    const began = clock.monotonic();
    let waiting = true;
    const end = (outcome: Outcome<T>): void => {
      waiting = false;
      timer.cancel();
      resolve(outcome);
    };
    const giveUp = (): void => {
      end({ state: 'late' });
    };
    let timer = clock.after(ms, () => {
      // An answer that came meanwhile is read by the event loop next.
      if (clock.monotonic() - began > ms + BUSY_MS) timer = clock.after(BUSY_MS, giveUp);
      else giveUp();
    });
    started(ask).then(
      (answer) => {
        if (waiting) end({ state: 'answered', answer, ms: clock.monotonic() - began });
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
