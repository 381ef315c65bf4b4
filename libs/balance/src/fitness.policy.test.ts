import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAR_SLOWER, fitness as fitnessOf } from './fitness.policy.js';
import { NodeLoad } from './node-load.js';
import { RecentCalls } from './recent-calls.js';
import { SLOW_START_MS } from './slow-start.policy.js';

const fitness = (loads: readonly NodeLoad[], now: number): number[] =>
  fitnessOf(
    loads.map((load) => ({ load, meanMs: new RecentCalls(load).meanMs })),
    now,
  );

/** Nodes that answered in so many milliseconds, at 0. */
function answering(...times: readonly number[]): NodeLoad[] {
  return times.map((ms) => {
    const load = new NodeLoad();
    load.rtt.observe(ms, 0);
    return load;
  });
}

describe('which nodes may keep their keys', () => {
  it('all that are well, whatever the differences of ordinary calls', () => {
    expect(fitness(answering(1, 20, 59), 0)).toEqual([1, 1, 1]);
    expect(fitness(answering(500, 1500, 4500), 0)).toEqual([1, 1, 1]);
    expect(fitness([new NodeLoad(), ...answering(5, 5)], 0)).toEqual([1, 1, 1]);
  });

  it('not one that is three times slower than the middle one, until it is tried again', () => {
    const loads = answering(20, 25, 76);
    expect(fitness(loads, 0)).toEqual([1, 1, 0]);
    expect(fitness(answering(20, 2000), 0)).toEqual([1, 0]);
    // The others go on, and nobody asks the slow one: its estimate decays.
    loads[0]?.rtt.observe(20, 5000);
    loads[1]?.rtt.observe(25, 5000);
    expect(fitness(loads, 5000)).toEqual([1, 1, 1]);
  });

  it('one that had a single slow call among many: its estimate is a peak', () => {
    const loads = answering(5, 5, 2000);
    expect(fitness(loads, 0)).toEqual([1, 1, 0]);
    for (let at = 0; at < 200; at += 1) loads[2]?.rtt.observe(1, 0);
    expect(fitness(loads, 0)).toEqual([1, 1, 1]);
    expect(loads[2]?.rtt.read(0)).toBe(2000);
  });

  it('not one whose last call failed, until it answers or the charge is forgotten', () => {
    const loads = answering(5, 5, 5);
    const failing = loads[1]?.rtt;
    const othersAnswer = (now: number): void => {
      for (const at of [0, 2]) loads[at]?.rtt.observe(5, now);
    };
    failing?.charge(0);
    // What it was charged, 100 ms, has decayed by half, and is still much.
    othersAnswer(8000);
    expect(fitness(loads, 8000)).toEqual([1, 0, 1]);
    failing?.observe(5, 8000);
    expect(fitness(loads, 8000)).toEqual([1, 1, 1]);
    failing?.charge(8000);
    expect(fitness(loads, 8000)).toEqual([1, 0, 1]);
    othersAnswer(68_000);
    expect(fitness(loads, 68_000)).toEqual([1, 1, 1]);
  });

  it('a new one for its share of them, and it is not judged by its first times', () => {
    const loads = answering(5, 5, 5);
    loads[2]?.warm(0);
    loads[2]?.rtt.observe(9000, 0);
    expect(fitness(loads, 0)).toEqual([1, 1, 0.1]);
    for (const load of loads) load.rtt.observe(5, SLOW_START_MS);
    expect(fitness(loads, SLOW_START_MS / 2)).toEqual([1, 1, 0.5]);
    expect(fitness(loads, SLOW_START_MS * 2)).toEqual([1, 1, 1]);
  });

  it('in a cluster that starts nobody is new', () => {
    const loads = answering(5, 5, 5);
    for (const load of loads) load.warm(0);
    expect(fitness(loads, 0)).toEqual([1, 1, 1]);
  });

  it('never none, and the best one has all of its keys', () => {
    const node = fc.record({ ms: fc.integer({ min: 0, max: 100_000 }), fails: fc.boolean(), age: fc.nat(40_000) });
    fc.assert(
      fc.property(fc.array(node, { minLength: 1, maxLength: 10 }), (nodes) => {
        const loads = nodes.map(({ ms, fails, age }) => {
          const load = new NodeLoad();
          load.warm(40_000 - age);
          if (ms > 0) load.rtt.observe(ms, 40_000);
          if (fails) load.rtt.charge(40_000);
          return load;
        });
        const fit = fitness(loads, 40_000);
        expect(Math.max(...fit)).toBe(1);
        for (const one of fit) expect(one === 0 || (one >= 0.1 && one <= 1)).toBe(true);
      }),
    );
    expect(FAR_SLOWER).toBe(3);
  });
});
