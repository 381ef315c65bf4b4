import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scalingDemand } from './scaling-demand.policy.js';
import { clusterSignals, type ClusterSignals, type NodeSignals } from './scaling-signals.js';
import { DEFAULT_SCALING } from './scaling.settings.js';

/** A cluster in which P16's rules say nothing: neither busy nor idle. */
const CALM: ClusterSignals = {
  known: 4,
  missing: 0,
  cpuPercent: 50,
  memoryPercent: 50,
  eventLoopPercent: 50,
  eventLoopLagMs: 5,
  streamsPerNode: 10,
  inFlightPerNode: 5,
  responseMs: 200,
  queue: 0,
};
const IDLE: ClusterSignals = { ...CALM, cpuPercent: 29, memoryPercent: 39, responseMs: 99, eventLoopPercent: 10 };

function demand(current: number, signals: ClusterSignals) {
  return scalingDemand(current, signals, DEFAULT_SCALING);
}

describe('P16: what a moment asks for', () => {
  it.each([
    ['cpu', { cpuPercent: 81 }],
    ['memory', { memoryPercent: 86 }],
    ['response_time', { responseMs: 1001 }],
    ['queue', { queue: 101 }],
    ['event_loop_lag', { eventLoopLagMs: 251 }],
  ])('P16: over the limit of %s it doubles, to 20 at most', (reason, over) => {
    expect(demand(4, { ...CALM, ...over })).toEqual({ desired: 8, reason });
    expect(demand(13, { ...CALM, ...over })).toEqual({ desired: 20, reason });
    expect(demand(20, { ...CALM, ...over })).toEqual({ desired: 20, reason: 'at_max' });
  });

  it.each([{ cpuPercent: 80 }, { memoryPercent: 85 }, { responseMs: 1000 }, { queue: 100 }, { eventLoopLagMs: 250 }])(
    'P16: at the limit %o nothing is added',
    (at) => {
      expect(demand(4, { ...CALM, ...at })).toEqual({ desired: 4, reason: 'steady' });
    },
  );

  it('P16: quiet in all three it goes to 60 %, rounded up, and to 2 at least', () => {
    expect(demand(20, IDLE)).toEqual({ desired: 12, reason: 'idle' });
    expect(demand(5, IDLE)).toEqual({ desired: 3, reason: 'idle' });
    expect(demand(3, IDLE)).toEqual({ desired: 2, reason: 'idle' });
    expect(demand(2, IDLE)).toEqual({ desired: 2, reason: 'at_min' });
  });

  it.each([{ cpuPercent: 30 }, { memoryPercent: 40 }, { responseMs: 100 }])(
    'P16: one of them not quiet (%o), and nothing goes',
    (busy) => {
      expect(demand(5, { ...IDLE, ...busy })).toEqual({ desired: 5, reason: 'steady' });
    },
  );

  it.each([
    ['streams', { streamsPerNode: 2_500 }, 10],
    ['in_flight', { inFlightPerNode: 450 }, 9],
    ['event_loop', { eventLoopPercent: 95 }, 5],
  ])('%s over the target of a node asks for as many nodes as would meet it', (reason, over, desired) => {
    expect(demand(4, { ...CALM, ...over })).toEqual({ desired, reason });
  });

  it('10 % off a target is met, a little more is not', () => {
    expect(demand(4, { ...CALM, streamsPerNode: 1_100 })).toEqual({ desired: 4, reason: 'within_tolerance' });
    expect(demand(4, { ...CALM, streamsPerNode: 1_101 })).toEqual({ desired: 5, reason: 'streams' });
  });

  it('the largest demand counts, and gives its reason', () => {
    expect(demand(4, { ...CALM, cpuPercent: 99, streamsPerNode: 1_500 })).toEqual({ desired: 8, reason: 'cpu' });
    expect(demand(4, { ...CALM, cpuPercent: 99, streamsPerNode: 3_000 })).toEqual({ desired: 12, reason: 'streams' });
  });

  it('idle processors with many streams: the streams hold as many nodes as they need', () => {
    expect(demand(10, { ...IDLE, streamsPerNode: 800 })).toEqual({ desired: 8, reason: 'idle' });
    expect(demand(10, { ...IDLE, streamsPerNode: 950 })).toEqual({ desired: 10, reason: 'within_tolerance' });
  });

  it('a missing node lets nothing go; with all missing nothing changes', () => {
    expect(demand(5, { ...IDLE, known: 4, missing: 1 })).toEqual({ desired: 5, reason: 'missing_metrics' });
    expect(demand(5, { ...CALM, known: 4, missing: 1, cpuPercent: 85 })).toEqual({ desired: 10, reason: 'cpu' });
    expect(demand(5, { ...CALM, known: 0, missing: 5, queue: 1e6 })).toEqual({ desired: 5, reason: 'no_metrics' });
  });

  it('is monotone: more of any load never asks for fewer nodes', () => {
    const keys = ['cpuPercent', 'memoryPercent', 'eventLoopPercent', 'responseMs', 'queue', 'streamsPerNode'] as const;
    const level = fc.double({ min: 0, max: 3_000, noNaN: true });
    const signals = fc.record({
      known: fc.constant(4),
      missing: fc.constantFrom(0, 0, 1),
      ...Object.fromEntries(
        Object.keys(CALM)
          .slice(2)
          .map((key) => [key, level]),
      ),
    }) as unknown as fc.Arbitrary<ClusterSignals>;
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), signals, fc.constantFrom(...keys), level, (n, before, key, more) => {
        const after = { ...before, [key]: before[key] + more };
        expect(demand(n, after).desired).toBeGreaterThanOrEqual(demand(n, before).desired);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('signals of a cluster', () => {
  const node = (load: Partial<NonNullable<NodeSignals['load']>>, streams = 0): NodeSignals => ({
    streams,
    inFlight: 1,
    load: {
      cpuPercent: 0,
      memoryPercent: 0,
      eventLoopPercent: 0,
      eventLoopLagMs: 0,
      calls: 0,
      responseMs: 0,
      responseP95Ms: 0,
      queue: 0,
      ...load,
    },
  });

  it('are means over the nodes, the response over the calls, and the queue in all', () => {
    const nodes = [
      node({ cpuPercent: 90, calls: 1, responseMs: 1_000, queue: 3 }, 10),
      node({ cpuPercent: 10, calls: 9, responseMs: 100, queue: 4 }),
    ];
    expect(clusterSignals(2, nodes, 5)).toMatchObject({
      known: 2,
      missing: 0,
      cpuPercent: 50,
      responseMs: 190,
      queue: 12,
      streamsPerNode: 5,
      inFlightPerNode: 1,
    });
  });

  it('a node that tells nothing counts as idle and as missing; so does one that measures nothing', () => {
    const nodes = [node({ cpuPercent: 90 }), { streams: 50, inFlight: 0 }];
    expect(clusterSignals(3, nodes, 0)).toMatchObject({ known: 1, missing: 2, cpuPercent: 30, streamsPerNode: 50 / 3 });
    expect(clusterSignals(2, [], 0)).toMatchObject({ known: 0, missing: 2, responseMs: 0 });
  });

  it('nodes that are too many do not make the load look smaller than it is', () => {
    expect(clusterSignals(1, [node({ cpuPercent: 60 }), node({ cpuPercent: 40 })], 0)).toMatchObject({
      cpuPercent: 50,
      missing: 0,
    });
  });
});
