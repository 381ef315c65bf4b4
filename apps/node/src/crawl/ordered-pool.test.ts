import { describe, expect, it } from 'vitest';
import { runInOrder } from './ordered-pool.js';

/** A pool over numbers whose work is released one by one. */
function makePool(items: number[], limit: number) {
  const gates = new Map<number, PromiseWithResolvers<string>>();
  const merged: string[] = [];
  const queue = [...items];
  const done = runInOrder<number, string>({
    limit,
    next: () => Promise.resolve(queue.shift()),
    work: (item) => {
      const gate = Promise.withResolvers<string>();
      gates.set(item, gate);
      return gate.promise;
    },
    merge: (item, output) => {
      merged.push(output);
      // What follows from an item becomes an item.
      if (item === 1) queue.push(10);
    },
  });
  const finish = async (item: number): Promise<void> => {
    gates.get(item)!.resolve(`done ${item}`);
    await turns();
  };
  return { gates, merged, done, finish };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('runInOrder', () => {
  it('S10: merges in the order of the items, whoever is faster, and keeps to its limit', async () => {
    const { gates, merged, done, finish } = makePool([1, 2, 3, 4], 2);
    await turns();
    expect([...gates.keys()]).toEqual([1, 2]);
    await finish(2);
    expect(merged).toEqual([]);
    expect([...gates.keys()]).toEqual([1, 2, 3]);
    await finish(3);
    await finish(1);
    expect(merged).toEqual(['done 1', 'done 2', 'done 3']);
    await finish(4);
    await finish(10);
    await done;
    expect(merged).toEqual(['done 1', 'done 2', 'done 3', 'done 4', 'done 10']);
  });

  it('S10: ends with the first failure once all work has ended, and begins nothing after it', async () => {
    const { gates, merged, done, finish } = makePool([1, 2, 3], 2);
    const outcome = expect(done).rejects.toThrow('broken');
    await turns();
    gates.get(2)!.reject(new Error('broken'));
    await turns();
    await finish(1);
    await outcome;
    expect([...gates.keys()]).toEqual([1, 2]);
    expect(merged).toEqual([]);
  });

  it('S10: ends at once without items', async () => {
    const { done } = makePool([], 4);
    await done;
  });
});
