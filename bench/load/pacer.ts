/**
 * A thread that says when the next request is due. Node's timers are a millisecond coarse, which would add as
 * much to every latency; a thread may block instead, and wakes within some 60 µs without using its core.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@mcp-cluster/kernel';

/** How many requests, how far apart (in milliseconds). */
export interface Pace {
  count: number;
  intervalMs: number;
}

/** What the pacer posts for every request: when it was due, on the clock that all threads share. */
export interface Due {
  /** Milliseconds since the Unix epoch, with fractions. */
  at: number;
}

/** All threads agree on this time, unlike on `monotonic()`, whose zero is the thread's start. */
export function sharedNow(): number {
  return performance.timeOrigin + systemClock.monotonic();
}

if (parentPort !== null) {
  const { count, intervalMs } = workerData as Pace;
  const never = new Int32Array(new SharedArrayBuffer(4));
  const start = sharedNow() + intervalMs;
  for (let sent = 0; sent < count; sent += 1) {
    const at = start + sent * intervalMs;
    const early = at - sharedNow();
    if (early > 0) Atomics.wait(never, 0, 0, early);
    parentPort.postMessage({ at } satisfies Due);
  }
  parentPort.close();
}
