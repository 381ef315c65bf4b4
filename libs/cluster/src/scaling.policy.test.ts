import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterSignals } from './scaling-signals.js';
import { ScalingPolicy, type Recommendation } from './scaling.policy.js';
import { DEFAULT_SCALING, type ScalingSettings } from './scaling.settings.js';

const NONE: ClusterSignals = {
  known: 2,
  missing: 0,
  cpuPercent: 0,
  memoryPercent: 0,
  eventLoopPercent: 0,
  eventLoopLagMs: 0,
  streamsPerNode: 0,
  inFlightPerNode: 0,
  responseMs: 0,
  queue: 0,
};
const BUSY = { ...NONE, cpuPercent: 95 };
const CALM = { ...NONE, cpuPercent: 50 };

/** A cluster that obeys, on a clock of its own. */
class Run {
  now = 0;
  private readonly policy: ScalingPolicy;
  constructor(
    public size: number,
    settings: Partial<ScalingSettings> = {},
  ) {
    this.policy = new ScalingPolicy({ ...DEFAULT_SCALING, ...settings });
  }

  /** Decides and, `ms` later, stands at the next moment. */
  tick(signals: ClusterSignals, ms = 15_000): Recommendation {
    const made = this.policy.recommend(this.now, this.size, signals);
    this.policy.applied(this.now, made);
    this.size = made.to;
    this.now += ms;
    return made;
  }
}

function short({ from, to, reason }: Recommendation): string {
  return `${String(from)} → ${String(to)} ${reason}`;
}

describe('P16: scaling over time', () => {
  it('P16: grows at once while the load lasts, shrinks in steps after 300 s of quiet each', () => {
    const run = new Run(2);
    expect([BUSY, BUSY, BUSY, BUSY, BUSY].map((load) => short(run.tick(load)))).toEqual([
      '2 → 4 cpu',
      '4 → 8 cpu',
      '8 → 16 cpu',
      '16 → 20 cpu',
      '20 → 20 at_max',
    ]);
    const lastBusyAt = run.now - 15_000;
    const changes: string[] = [];
    while (run.now < lastBusyAt + 2_400_000) {
      const at = run.now - lastBusyAt;
      const made = run.tick(NONE);
      if (made.action !== 'none') changes.push(`${String(at / 1000)} s: ${short(made)}`);
    }
    expect(changes).toEqual([
      '300 s: 20 → 12 idle',
      '600 s: 12 → 8 idle',
      '900 s: 8 → 5 idle',
      '1200 s: 5 → 3 idle',
      '1500 s: 3 → 2 idle',
    ]);
  });

  it('P16: says how sure it is', () => {
    const run = new Run(2, { inWindowMs: 0 });
    expect([BUSY, CALM, NONE].map((load) => run.tick(load).confidence)).toEqual([0.9, 1, 0.7]);
  });

  it('a new leader takes nothing away before it has watched for a whole window', () => {
    const run = new Run(10);
    while (run.now < 300_000) expect(short(run.tick(NONE))).toBe('10 → 10 stabilising');
    expect(short(run.tick(NONE))).toBe('10 → 6 idle');
  });

  it('one busy moment starts the window anew', () => {
    const run = new Run(10);
    for (let tick = 0; tick < 19; tick += 1) run.tick(NONE);
    run.tick(CALM);
    for (let tick = 0; tick < 19; tick += 1) expect(run.tick(NONE).reason).toBe('stabilising');
    expect(short(run.tick(NONE))).toBe('10 → 6 idle');
  });

  it('a window for growth waits as long, and takes the smallest demand in it', () => {
    const run = new Run(4, { outWindowMs: 60_000 });
    const streams = (perNode: number): ClusterSignals => ({ ...CALM, streamsPerNode: perNode });
    const asked = [3_000, 2_000, 3_000, 3_000, 3_000].map((perNode) => short(run.tick(streams(perNode))));
    expect(asked).toEqual([...Array<string>(4).fill('4 → 4 stabilising'), '4 → 8 streams']);
  });

  it('adds at most 4 nodes or 100 % in 15 s, whichever is more', () => {
    const flood: ClusterSignals = { ...CALM, streamsPerNode: 9_000 };
    const small = new Run(2);
    expect(short(small.tick(flood, 5_000))).toBe('2 → 6 streams');
    expect(short(small.tick(flood, 5_000))).toBe('6 → 6 rate_limited');
    expect(short(small.tick(flood, 5_000))).toBe('6 → 6 rate_limited');
    expect(short(small.tick(flood))).toBe('6 → 12 streams');
  });

  it('removes at most inPercent in a period, and maxStep at once', () => {
    const quick = { inWindowMs: 0, inPercent: 10, periodMs: 60_000 };
    const run = new Run(20, quick);
    expect(short(run.tick(NONE))).toBe('20 → 18 idle');
    expect(short(run.tick(NONE))).toBe('18 → 18 rate_limited');
    expect(short(new Run(20, { inWindowMs: 0, maxStep: 3 }).tick(NONE))).toBe('20 → 17 idle');
    expect(short(new Run(10, { maxStep: 3 }).tick(BUSY))).toBe('10 → 13 cpu');
  });

  it('rests after a change when a cooldown is set', () => {
    const run = new Run(2, { cooldownMs: 30_000 });
    expect(run.tick(BUSY).to).toBe(4);
    expect(short(run.tick(BUSY))).toBe('4 → 4 cooldown');
    expect(short(run.tick(BUSY))).toBe('4 → 8 cpu');
  });

  it('a recommendation that was not carried out limits nothing', () => {
    const policy = new ScalingPolicy({ ...DEFAULT_SCALING, cooldownMs: 60_000 });
    expect(policy.recommend(0, 2, BUSY).to).toBe(4);
    expect(policy.recommend(1, 2, BUSY).to).toBe(4);
  });

  it('returns into its bounds at once and without metrics', () => {
    const blind = { ...NONE, known: 0 };
    expect(new Run(1).tick(blind)).toMatchObject({ to: 2, action: 'out', reason: 'below_min', confidence: 1 });
    expect(new Run(9, { max: 5 }).tick(blind)).toMatchObject({ to: 5, action: 'in', reason: 'above_max' });
  });
});

describe('P16: scaling, whatever happens', () => {
  const level = fc.constantFrom(0, 20, 50, 79, 95);
  const moment = fc.record({
    cpuPercent: level,
    memoryPercent: fc.constantFrom(0, 20, 60, 90),
    responseMs: fc.constantFrom(0, 50, 500, 5_000),
    queue: fc.constantFrom(0, 0, 500),
    streamsPerNode: fc.constantFrom(0, 500, 1_000, 4_000),
    inFlightPerNode: fc.constantFrom(0, 100, 700),
    eventLoopPercent: level,
    eventLoopLagMs: fc.constantFrom(0, 400),
    missing: fc.constantFrom(0, 0, 0, 1),
    known: fc.constantFrom(3, 3, 3, 0),
    afterMs: fc.integer({ min: 100, max: 120_000 }),
  });
  const settings = fc
    .record({
      bounds: fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })),
      outWindowMs: fc.constantFrom(0, 60_000),
      inWindowMs: fc.constantFrom(0, 60_000, 300_000),
      cooldownMs: fc.constantFrom(0, 30_000),
      maxStep: fc.constantFrom(1, 20),
      inPercent: fc.constantFrom(10, 100),
    })
    .map(({ bounds, ...rest }) => {
      const [min, max] = [Math.min(...bounds), Math.max(...bounds)];
      return { ...DEFAULT_SCALING, ...rest, min, max };
    });
  const story = fc.tuple(settings, fc.integer({ min: 1, max: 25 }), fc.array(moment, { maxLength: 60 }));
  type Step = Recommendation & { at: number; signals: ClusterSignals };

  function play([chosen, start, moments]: typeof story extends fc.Arbitrary<infer T> ? T : never): Step[] {
    const run = new Run(start, chosen);
    return moments.map(({ afterMs, ...signals }) => {
      const at = run.now;
      return { ...run.tick(signals, afterMs), at, signals };
    });
  }

  it('never leaves min … max', () => {
    fc.assert(
      fc.property(story, (told) => {
        const [{ min, max }] = told;
        for (const { to } of play(told)) {
          expect(to).toBeGreaterThanOrEqual(min);
          expect(to).toBeLessThanOrEqual(max);
        }
      }),
    );
  });

  it('never turns back within the window of the new direction', () => {
    fc.assert(
      fc.property(story, (told) => {
        const [{ inWindowMs, outWindowMs, min, max }, start] = told;
        // Return into the bounds is an order, and comes first.
        fc.pre(start >= min && start <= max);
        const steps = play(told).filter(({ action }) => action !== 'none');
        steps.forEach((step, index) => {
          const before = steps[index - 1];
          if (before === undefined || before.action === step.action) return;
          const window = step.action === 'in' ? inWindowMs : outWindowMs;
          expect(step.at - before.at).toBeGreaterThanOrEqual(window);
        });
      }),
    );
  });

  it('never removes a node for load while a metric is missing, and changes nothing without any', () => {
    fc.assert(
      fc.property(story, (told) => {
        for (const { action, reason, signals } of play(told)) {
          if (reason === 'below_min' || reason === 'above_max') continue;
          if (signals.missing > 0) expect(action).not.toBe('in');
          if (signals.known === 0) expect(action).toBe('none');
        }
      }),
    );
  });

  it('removes nodes only after a window without any need of them', () => {
    fc.assert(
      fc.property(story, (told) => {
        const [{ inWindowMs }] = told;
        const steps = play(told);
        for (const step of steps.filter(({ reason }) => reason === 'idle')) {
          const watched = steps.filter(({ at }) => at <= step.at && step.at - at < inWindowMs);
          for (const { signals } of watched) expect(signals.cpuPercent).toBeLessThan(30);
        }
      }),
    );
  });
});
