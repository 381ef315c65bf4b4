import { seededRng } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';
import { NodeModel, WORKERS, type Trouble } from './node-model.ts';
import { lognormal, MEAN_MS, pareto } from './service-times.ts';

/** When calls end that all come at `from`. */
function endsOf(works: readonly number[], trouble: Trouble = {}, from = 0): [at: number, failed: boolean][] {
  const events = new EventQueue();
  const node = new NodeModel(events, trouble, 0);
  const ends: [number, boolean][] = [];
  for (const work of works) node.take({ work, done: (now, failed) => ends.push([now, failed]) }, from);
  while (events.nextAt < Infinity) events.step();
  return ends;
}

const times = (ends: readonly [number, boolean][]): number[] => ends.map(([at]) => at);

describe('the model of a node', () => {
  it('works on eight calls at a time and takes the others in order', () => {
    expect(times(endsOf(new Array<number>(2 * WORKERS + 1).fill(10)))).toEqual([
      ...new Array<number>(WORKERS).fill(10),
      ...new Array<number>(WORKERS).fill(20),
      30,
    ]);
  });

  it('keeps its order through thousands of waiting calls', () => {
    const ends = times(endsOf(new Array<number>(WORKERS * 1000).fill(1)));
    expect(ends).toHaveLength(WORKERS * 1000);
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    expect(ends.at(-1)).toBe(1000);
  });

  it('is slower by its factor, and fails at once if that is its trouble', () => {
    expect(endsOf([10], { slower: 10 })).toEqual([[100, false]]);
    expect(endsOf([10, 10], { failsFast: true })).toEqual([
      [1, true],
      [1, true],
    ]);
  });

  it('stands still in its pauses, which work that takes longer meets several times', () => {
    const pauses = { ms: 100, everyMs: 1000 };
    expect(times(endsOf([10], { pauses }, 0))).toEqual([110]);
    expect(times(endsOf([10], { pauses }, 50))).toEqual([110]);
    expect(times(endsOf([10], { pauses }, 100))).toEqual([110]);
    expect(times(endsOf([10], { pauses }, 995))).toEqual([1105]);
    expect(times(endsOf([2000], { pauses }, 500))).toEqual([2700]);
  });

  it('warms with the calls that it serves', () => {
    const events = new EventQueue();
    const node = new NodeModel(events, { coldFactor: 20 }, 0);
    const took: number[] = [];
    for (let call = 0; call < 2000; call += 1) {
      const from = call * 1000;
      node.take({ work: 1, done: (now) => took.push(now - from) }, from);
      events.step();
    }
    expect(took[0]).toBeGreaterThan(20);
    expect(took.at(-1)).toBeLessThan(1.1);
  });
});

describe('the work of calls', () => {
  it.each([
    ['mild', lognormal(0.5)],
    ['skewed', lognormal(1.5)],
    ['heavy tail', pareto(1.5)],
  ])('%s: 20 ms in the mean', (_name, draw) => {
    const rng = seededRng(4);
    const draws = 400_000;
    let sum = 0;
    for (let at = 0; at < draws; at += 1) sum += draw(rng);
    // The Pareto tail is cut at 10 s, which takes a little off.
    expect(Math.abs(sum / draws - MEAN_MS)).toBeLessThan(1.5);
  });
});
