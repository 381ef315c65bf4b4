import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DECAY_MS, DEFAULT_RTT_MS, FAILURE_FACTOR, LEAST_RTT_MS, MAX_CHARGED_MS, PeakEwma } from './peak-ewma.js';

const time = fc.double({ min: 0, max: 1e7, noNaN: true });
const gap = fc.double({ min: 0, max: 120_000, noNaN: true });
const rtt = fc.double({ min: 0, max: 60_000, noNaN: true });

function after(...samples: readonly (readonly [ms: number, now: number])[]): PeakEwma {
  const ewma = new PeakEwma();
  for (const [ms, now] of samples) ewma.observe(ms, now);
  return ewma;
}

describe('peak EWMA of the time to first byte', () => {
  it('stands at the default until something is measured, however long that takes', () => {
    const ewma = new PeakEwma();
    expect([ewma.read(0), ewma.read(1e9), ewma.measured]).toEqual([DEFAULT_RTT_MS, DEFAULT_RTT_MS, false]);
  });

  it('takes the first sample as it is, quicker than the default or slower', () => {
    expect(after([3, 100]).read(100)).toBe(3);
    expect(after([300, 100]).read(100)).toBe(300);
  });

  it('rises to a slower sample at once', () => {
    fc.assert(
      fc.property(rtt, rtt, gap, (first, second, elapsed) => {
        const ewma = after([first, 0], [second, elapsed]);
        expect(ewma.read(elapsed)).toBeGreaterThanOrEqual(Math.max(second, LEAST_RTT_MS));
        if (second >= first) expect(ewma.read(elapsed)).toBe(Math.max(second, LEAST_RTT_MS));
      }),
    );
  });

  it('falls slowly: quick answers that follow at once do not wipe out a slow one', () => {
    const ewma = after([1000, 0]);
    for (let at = 1; at <= 1000; at += 1) ewma.observe(1, at);
    expect(ewma.read(1000)).toBeGreaterThan(900);
    expect(after([1000, 0], [0, DECAY_MS]).read(DECAY_MS)).toBeCloseTo(1000 / Math.E, 6);
  });

  it('never rises without a sample, and falls to the least in the end: a slow node is tried again', () => {
    fc.assert(
      fc.property(rtt, time, fc.array(gap, { minLength: 1 }), (ms, start, gaps) => {
        const ewma = after([ms, start]);
        let now = start;
        let last = ewma.read(now);
        for (const elapsed of gaps) {
          now += elapsed;
          expect(ewma.read(now)).toBeLessThanOrEqual(last);
          last = ewma.read(now);
        }
        expect(ewma.read(now + 20 * DECAY_MS)).toBe(LEAST_RTT_MS);
      }),
    );
  });

  it('stays between the least and the greatest sample', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(rtt, gap), { minLength: 1, maxLength: 30 }), (steps) => {
        const ewma = new PeakEwma();
        let now = 0;
        for (const [ms, elapsed] of steps) ewma.observe(ms, (now += elapsed));
        const greatest = Math.max(LEAST_RTT_MS, ...steps.map(([ms]) => ms));
        expect(ewma.read(now)).toBeLessThanOrEqual(greatest * (1 + 1e-9));
        expect(ewma.read(now)).toBeGreaterThanOrEqual(Math.max(LEAST_RTT_MS, steps.at(-1)?.[0] ?? 0));
      }),
    );
  });

  it('a failure makes a node dearer, never cheaper, however quickly it failed', () => {
    fc.assert(
      fc.property(rtt, gap, fc.integer({ min: 1, max: 20 }), (ms, elapsed, failures) => {
        const ewma = after([ms, 0]);
        for (let failure = 0; failure < failures; failure += 1) {
          const before = ewma.read(elapsed);
          ewma.charge(elapsed);
          expect(ewma.read(elapsed)).toBeGreaterThanOrEqual(before);
        }
        expect(ewma.read(elapsed)).toBeGreaterThanOrEqual(DEFAULT_RTT_MS * FAILURE_FACTOR);
        expect(ewma.read(elapsed)).toBeLessThanOrEqual(Math.max(ms, MAX_CHARGED_MS));
      }),
    );
  });

  it('waiting in vain only raises the estimate', () => {
    const ewma = after([50, 0]);
    ewma.observeAtLeast(20, 0);
    expect(ewma.read(0)).toBe(50);
    ewma.observeAtLeast(5000, 0);
    expect(ewma.read(0)).toBe(5000);
    const unmeasured = new PeakEwma();
    unmeasured.observeAtLeast(1, 0);
    expect(unmeasured.measured).toBe(false);
  });

  it('forgets, so that a new process is not judged by the old one', () => {
    const ewma = after([5000, 0]);
    ewma.forget();
    expect([ewma.read(0), ewma.measured]).toEqual([DEFAULT_RTT_MS, false]);
    ewma.observe(2, 1);
    expect(ewma.read(1)).toBe(2);
  });

  it('names the option that is wrong', () => {
    expect(() => new PeakEwma({ decayMs: 0 })).toThrow('decayMs: expected a number above 0, got 0');
    expect(() => new PeakEwma({ defaultMs: NaN })).toThrow('defaultMs: expected a number above 0, got NaN');
  });
});
