/** What an ordered pool does with items of type `I`, each giving an `O`. */
export interface PoolSteps<I, O> {
  /** Items worked on at once, at least 1. */
  readonly limit: number;
  /** The next item; undefined while there is none, which is final only when nothing is being worked on. */
  readonly next: () => Promise<I | undefined>;
  readonly work: (item: I) => Promise<O>;
  /** Called in the order in which the items were taken, whatever the order in which they were finished. */
  readonly merge: (item: I, output: O) => void;
}

/**
 * Works on several items at once and gives the results in the order of the items, so that what follows from them
 * does not depend on who was faster. A slow item holds back the merging of those behind it, not the work on them.
 * Results that wait are as many as the items that `next` gives out.
 * @throws what `work`, `next` or `merge` threw first, after all work has ended
 */
export async function runInOrder<I, O>({ limit, next, work, merge }: PoolSteps<I, O>): Promise<void> {
  const running = new Map<number, Promise<void>>();
  const finished = new Map<number, { item: I; output: O }>();
  const failures: unknown[] = [];
  let started = 0;
  let merged = 0;

  const start = (item: I): void => {
    const index = started++;
    // Failures are kept aside: the loop may be waiting for `next` when one comes.
    const keepFailure = (thrown: unknown): void => void failures.push(thrown);
    const promise = work(item)
      .then((output) => void finished.set(index, { item, output }), keepFailure)
      .finally(() => running.delete(index));
    running.set(index, promise);
  };

  try {
    for (;;) {
      while (running.size < limit && failures.length === 0) {
        const item = await next();
        if (item === undefined) break;
        start(item);
      }
      if (failures.length > 0) throw failures[0];
      if (running.size === 0 && finished.size === 0) return;
      await Promise.race(running.values());
      for (let ready = finished.get(merged); ready !== undefined; ready = finished.get(merged)) {
        finished.delete(merged);
        merged += 1;
        merge(ready.item, ready.output);
      }
    }
  } finally {
    await Promise.all(running.values());
  }
}
