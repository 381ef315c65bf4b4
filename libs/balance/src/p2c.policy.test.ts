import { seededRng } from '@mcp-cluster/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NodeLoad, STREAM_WEIGHT } from './node-load.js';
import { lessActive, pickNode, pickTwoChoices } from './p2c.policy.js';
import { DEFAULT_RTT_MS } from './peak-ewma.js';
import { LEAST_SHARE, SLOW_START_MS } from './slow-start.policy.js';

interface Candidate {
  readonly name: number;
  readonly load: NodeLoad;
}

function candidates(calls: readonly number[]): Candidate[] {
  return calls.map((count, name) => {
    const load = new NodeLoad();
    for (let call = 0; call < count; call += 1) load.begin('calls');
    return { name, load };
  });
}

function idle(size: number): Candidate[] {
  return candidates(new Array<number>(size).fill(0));
}

/** How often each candidate is picked when nothing that is picked changes the loads. */
function draws(all: readonly Candidate[], times: number, seed: number, now = 0): number[] {
  const rng = seededRng(seed);
  const counts = new Array<number>(all.length).fill(0);
  for (let draw = 0; draw < times; draw += 1) {
    const picked = pickNode(all, 'calls', now, rng);
    if (picked) counts[picked.name] = (counts[picked.name] ?? 0) + 1;
  }
  return counts;
}

describe('power of two choices', () => {
  it('has no answer without candidates and one answer with one', () => {
    expect(pickNode<Candidate>([], 'calls', 0, seededRng(1))).toBeUndefined();
    const [only] = candidates([1000]);
    expect(pickNode(only ? [only] : [], 'calls', 0, seededRng(1))).toBe(only);
  });

  it('takes the cheaper of two, always; the less active where their times are alike', () => {
    const node = fc.record({ calls: fc.nat(50), ms: fc.integer({ min: 1, max: 10_000 }) });
    fc.assert(
      fc.property(node, node, fc.integer(), (a, b, seed) => {
        const all = candidates([a.calls, b.calls]);
        all[0]?.load.rtt.observe(a.ms, 0);
        all[1]?.load.rtt.observe(b.ms, 0);
        const alike = a.ms < 2 * b.ms && b.ms < 2 * a.ms;
        const costs = [a, b].map(({ calls, ms }) => (alike ? 1 : ms) * (calls + 1));
        const picked = pickNode(all, 'calls', 0, seededRng(seed));
        expect(costs[picked?.name ?? -1]).toBe(Math.min(...costs));
      }),
    );
  });

  it('never takes the single dearest one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 2, maxLength: 20 }), fc.integer(), (loads, seed) => {
        const all = candidates([...loads, 101]);
        expect(pickNode(all, 'calls', 0, seededRng(seed))?.name).not.toBe(loads.length);
      }),
    );
  });

  it('spreads evenly over idle candidates', () => {
    for (const size of [2, 3, 5, 20]) {
      const fair = 20_000 / size;
      for (const count of draws(idle(size), 20_000, size))
        expect(Math.abs(count - fair)).toBeLessThan(5 * Math.sqrt(fair));
    }
  });

  it('keeps the longest queue short where one random choice does not', () => {
    // 20 candidates, 20,000 requests that never end: balls into bins. One choice is off by about
    // sqrt(2 · mean · ln n) = 77; two choices stay within a few.
    const all = idle(20);
    const rng = seededRng(7);
    for (let request = 0; request < 20_000; request += 1) pickNode(all, 'calls', 0, rng)?.load.begin('calls');
    expect(Math.max(...all.map((one) => one.load.calls)) - 1000).toBeLessThanOrEqual(5);
  });

  it('by what is under way alone: a thousand times slower counts for nothing, one call more does', () => {
    const all = candidates([1, 0]);
    all[0]?.load.rtt.observe(10, 0);
    all[1]?.load.rtt.observe(10_000, 0);
    expect(pickTwoChoices(all, lessActive, 0, seededRng(1))).toBe(all[1]);
    expect(pickNode(all, 'calls', 0, seededRng(1))).toBe(all[0]);
  });

  it('starves nobody: a node that was slow once is picked again, and a failed one too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.boolean(), fc.integer(), (size, failed, seed) => {
        const all = idle(size);
        const rng = seededRng(seed);
        const slow = all[0]?.load;
        if (failed) for (let call = 0; call < 5; call += 1) slow?.rtt.charge(0);
        else slow?.rtt.observe(60_000, 0);
        // The others answer in 20 ms all the time; 90 s are e⁻⁹ of a minute.
        let picked = 0;
        for (let now = 10; now <= 120_000; now += 10) {
          const node = pickNode(all, 'calls', now, rng);
          if (node?.load === slow) picked += 1;
          else node?.load.rtt.observe(20, now);
        }
        expect(picked).toBeGreaterThan(0);
      }),
      { numRuns: 20 },
    );
  });

  it('takes a node that nobody has measured to be as quick as the other one', () => {
    for (const ms of [1, DEFAULT_RTT_MS, 5000]) {
      const all = idle(2);
      all[0]?.load.rtt.observe(ms, 0);
      const [known = 0, unknown = 0] = draws(all, 2000, 5);
      expect(Math.abs(known - unknown)).toBeLessThan(5 * Math.sqrt(1000));
      all[1]?.load.begin('calls');
      expect(draws(all, 100, 5)).toEqual([100, 0]);
    }
  });
});

describe('slow start', () => {
  /** The share of an idle cluster's calls that a node of this age gets. */
  const shareAt = (age: number, size = 3): number => {
    const all = idle(size);
    all[0]?.load.warm(0);
    return (draws(all, 30_000, 11, age)[0] ?? 0) / 30_000;
  };

  it('a new node gets some calls at once and its share grows to an even one', () => {
    const shares = [0, 6000, 12_000, 18_000, 24_000, SLOW_START_MS].map((age) => shareAt(age));
    for (let at = 1; at < shares.length; at += 1) expect(shares[at]).toBeGreaterThan(shares[at - 1] ?? 1);
    expect(shares[0]).toBeGreaterThan(0.01);
    expect(shares[0]).toBeLessThan((2 / 3) * LEAST_SHARE);
    expect(shares.at(-1)).toBeCloseTo(1 / 3, 1);
  });

  it('holds a new node to its share also where all others are busy', () => {
    const all = candidates([0, 100, 100, 100]);
    all[0]?.load.warm(0);
    // It is in half of the pairs and wins each that it takes part in.
    expect((draws(all, 30_000, 3)[0] ?? 0) / 30_000).toBeCloseTo(0.5 * LEAST_SHARE, 1.5);
  });

  it('a new node is not judged by its first times, which are those of a cold process, but by its failures', () => {
    const age = SLOW_START_MS / 2;
    const share = (prepare: (load: NodeLoad) => void): number => {
      const all = idle(2);
      all[1]?.load.rtt.observe(5, age);
      const load = all[0]?.load;
      load?.warm(0);
      if (load) prepare(load);
      return (draws(all, 4000, 13, age)[0] ?? 0) / 4000;
    };
    expect(
      share((load) => {
        load.rtt.observe(500, age);
      }),
    ).toBeCloseTo(0.25, 1);
    expect(
      share((load) => {
        load.rtt.charge(age);
      }),
    ).toBe(0);
    // An answer clears it.
    expect(
      share((load) => {
        load.rtt.charge(age);
        load.rtt.observe(500, age);
      }),
    ).toBeCloseTo(0.25, 1);
  });

  it('nodes of one age share evenly: a cluster that starts is not slow', () => {
    const all = idle(4);
    for (const { load } of all) load.warm(0);
    for (const count of draws(all, 20_000, 9)) expect(Math.abs(count - 5000)).toBeLessThan(5 * Math.sqrt(5000));
  });
});

describe('open streams', () => {
  it('a thousand of them weigh as one call', () => {
    const all = candidates([0, 2]);
    for (let stream = 0; stream < 1 / STREAM_WEIGHT; stream += 1) all[0]?.load.begin('streams');
    expect(pickNode(all, 'calls', 0, seededRng(1))).toBe(all[0]);
    all[0]?.load.begin('calls');
    all[1]?.load.end('calls');
    expect(pickNode(all, 'calls', 0, seededRng(1))).toBe(all[1]);
  });

  it('a new one goes where fewer are open, whatever else the node does', () => {
    const all = candidates([500, 0]);
    all[1]?.load.begin('streams');
    all[0]?.load.rtt.observe(5000, 0);
    expect(pickNode(all, 'streams', 0, seededRng(1))).toBe(all[0]);
  });
});
