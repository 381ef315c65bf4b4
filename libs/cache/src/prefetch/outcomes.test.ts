import { describe, expect, it } from 'vitest';
import { Outcomes } from './outcomes.js';
import { PrefetchTally } from './prefetch.observer.js';

function setUp(capacity?: number) {
  const tally = new PrefetchTally();
  return { tally, outcomes: new Outcomes(tally, capacity) };
}
const nothingThere = (): boolean => false;
const allThere = (): boolean => true;

describe('P07: what comes of a prefetch', () => {
  it('is one hit, however often it is asked for', () => {
    const { tally, outcomes } = setUp();
    outcomes.loaded(outcomes.begun('a', 'sequence', 100), 1_000);
    outcomes.asked('a', 99); // before it began
    expect(tally).toMatchObject({ hits: 0, waste: 0 });
    outcomes.asked('a', 500);
    outcomes.asked('a', 501);
    outcomes.sweep(nothingThere, 5_000);
    expect(tally).toMatchObject({ hits: 1, waste: 0 });
  });

  it('is a hit for who came while it was loaded', () => {
    const { tally, outcomes } = setUp();
    const outcome = outcomes.begun('a', 'sequence', 100);
    outcomes.asked('a', 100);
    outcomes.loaded(outcome, 1_000);
    outcomes.sweep(nothingThere, 5_000);
    expect(tally).toMatchObject({ hits: 1, waste: 0 });
    expect(outcomes.size).toBe(0);
  });

  it('is waste when it expires, is dropped, or is made anew unused', () => {
    const { tally, outcomes } = setUp();
    for (const id of ['expires', 'dropped', 'late', 'anew', 'loading']) outcomes.begun(id, 'warm', 0);
    for (const id of ['expires', 'dropped', 'late', 'anew']) outcomes.loaded(outcomes.begun(id, 'hour', 0), 1_000);
    expect(tally.waste).toBe(4);
    outcomes.sweep((id) => id !== 'dropped', 10);
    expect(tally.waste).toBe(5);
    outcomes.asked('late', 1_000);
    expect(tally).toMatchObject({ waste: 6, hits: 0 });
    outcomes.sweep(allThere, 1_000);
    expect(tally.waste).toBe(8);
    expect(outcomes.size).toBe(1);
  });

  it('is neither where nothing was loaded, and the record of it is bounded', () => {
    const { tally, outcomes } = setUp(10);
    const first = outcomes.begun('a', 'sequence', 0);
    outcomes.failed(first);
    const second = outcomes.begun('a', 'sequence', 0);
    outcomes.failed(first);
    expect(outcomes.isOpen('a')).toBe(true);
    outcomes.failed(second);
    expect(tally).toMatchObject({ hits: 0, waste: 0 });
    for (let id = 0; id < 25; id += 1) outcomes.begun(String(id), 'sequence', 0);
    expect(outcomes.size).toBe(10);
    expect(tally.waste).toBe(15);
  });
});
