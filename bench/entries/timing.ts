import { performance } from 'node:perf_hooks';

/** Each thing is done for so long, so often; the first time is for the compiler. */
const SLICE_MS = 20;
const SLICES = 11;
/** Asking for the time takes some 50 ns: it is not asked after each of the shortest. */
const BATCH = 10;

/**
 * Microseconds that one run takes; of a promise until it is there. The mean of the fastest slice: whatever else the machine
 * does only adds to it.
 */
export async function microsecondsOf(run: () => unknown): Promise<number> {
  let fastest = Infinity;
  for (let slice = 0; slice < SLICES; slice += 1) fastest = Math.min(fastest, await sliceOf(run));
  return fastest;
}

async function sliceOf(run: () => unknown): Promise<number> {
  const start = performance.now();
  let runs = 0;
  let took: number;
  do {
    for (let turn = 0; turn < BATCH; turn += 1) {
      const done = run();
      if (done instanceof Promise) await done;
    }
    runs += BATCH;
    took = performance.now() - start;
  } while (took < SLICE_MS);
  return (took * 1_000) / runs;
}

/** Turns that are looked at: the worst of fewer says little, of more it is the garbage collector's. */
const TURNS = 21;

/**
 * Milliseconds for which the event loop does nothing else while something is done: the longest time between two turns of it, the median of several.
 */
export async function loopHeldMs(run: () => unknown): Promise<number> {
  const worst: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) worst.push(await longestTurn(run));
  return worst.toSorted((a, b) => a - b)[(TURNS - 1) / 2] ?? Number.NaN;
}

async function longestTurn(run: () => unknown): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let going = true;
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (going) setImmediate(tick);
  };
  await new Promise((resolve) => setImmediate(resolve));
  last = performance.now();
  setImmediate(tick);
  await run();
  tick();
  going = false;
  await new Promise((resolve) => setImmediate(resolve));
  return longest;
}
