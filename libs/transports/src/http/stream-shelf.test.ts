import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { SHELF_BYTES, SHELF_LIFE_MS, StreamShelf, type Shelved } from './stream-shelf.js';

function open() {
  const clock = new VirtualClock();
  let evicted = 0;
  const shelf = new StreamShelf(clock, () => (evicted += 1));
  const forgotten: string[] = [];
  const stream = (name: string, bytes = 1_000): Shelved => ({ bytes, forget: () => forgotten.push(name) });
  return { clock, shelf, forgotten, stream, evicted: () => evicted };
}

describe('streams that wait for their clients', () => {
  it('S16: stay for 5 min each, and what is taken back stays as long as its owner wants', async () => {
    const { clock, shelf, forgotten, stream, evicted } = open();
    const [first, second, third] = [stream('first'), stream('second'), stream('third')];
    shelf.put(first);
    shelf.put(second);
    await clock.advance(SHELF_LIFE_MS / 2);
    shelf.put(third);
    shelf.run(second);
    await clock.advance(SHELF_LIFE_MS / 2);
    expect([forgotten, shelf.bytes]).toEqual([['first'], 2_000]);
    await clock.advance(SHELF_LIFE_MS / 2);
    expect([forgotten, shelf.bytes, evicted()]).toEqual([['first', 'third'], 1_000, 0]);
  });

  it('S20: take 64 MiB of a node: the oldest go first, and are counted', () => {
    const { shelf, forgotten, stream, evicted } = open();
    const quarter = SHELF_BYTES / 4;
    for (const name of ['a', 'b', 'c']) shelf.put(stream(name, quarter));
    expect(forgotten).toEqual([]);
    for (const name of ['d', 'e']) shelf.put(stream(name, quarter));
    expect([forgotten, evicted()]).toEqual([['a', 'b'], 2]);
    expect(shelf.bytes).toBe(3 * quarter);
  });

  it('S20: one that is larger than all room stays alone', () => {
    const { shelf, forgotten, stream } = open();
    shelf.put(stream('small'));
    shelf.put(stream('huge', 2 * SHELF_BYTES));
    expect(forgotten).toEqual(['small']);
    shelf.put(stream('next'));
    expect(forgotten).toEqual(['small', 'huge']);
  });

  it('S20: many small ones are bounded too', () => {
    const { shelf, stream, evicted } = open();
    for (let n = 0; n < 100_000; n += 1) shelf.put(stream('', 0));
    expect(evicted()).toBe(100_000 - SHELF_BYTES / 1_024);
  });
});
