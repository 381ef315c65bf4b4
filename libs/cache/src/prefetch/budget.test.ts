import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUDGET_WINDOW_MS, MAX_AT_ONCE, PREFETCH_SHARE, PrefetchBudget } from './budget.js';

describe('P07: the budget of prefetches', () => {
  it('is a tenth of the calls of the last five minutes', () => {
    const budget = new PrefetchBudget();
    expect(budget.tryBegin(0)).toBe('spent');
    budget.called(9, 0);
    expect(budget.tryBegin(0)).toBe('spent');
    budget.called(11, 1_000);
    for (const answer of ['ok', 'ok', 'spent']) {
      expect(budget.tryBegin(1_000)).toBe(answer);
      budget.end();
    }
    budget.called(20, BUDGET_WINDOW_MS + 20_000);
    expect(budget.tryBegin(BUDGET_WINDOW_MS + 20_000)).toBe('ok');
  });

  it('lets four run at once, however many calls there are', () => {
    const budget = new PrefetchBudget();
    budget.called(10_000, 0);
    for (let place = 0; place < MAX_AT_ONCE; place += 1) expect(budget.tryBegin(0)).toBe('ok');
    expect(budget.tryBegin(0)).toBe('busy');
    budget.end();
    expect(budget.tryBegin(0)).toBe('ok');
    expect(budget.running).toBe(4);
  });

  it('is never exceeded over random loads, in whatever five minutes one looks', () => {
    const step = fc.record({
      pause: fc.oneof(fc.nat(3_000), fc.nat(60_000), fc.constant(BUDGET_WINDOW_MS)),
      calls: fc.oneof(fc.nat(5), fc.nat(100)),
      tries: fc.nat(6),
    });
    fc.assert(
      fc.property(fc.nat(100_000), fc.array(step, { minLength: 1, maxLength: 120 }), (start, steps) => {
        const budget = new PrefetchBudget();
        const calls: { at: number; count: number }[] = [];
        const begun: number[] = [];
        let now = start;
        for (const { pause, calls: count, tries } of steps) {
          now += pause;
          budget.called(count, now);
          calls.push({ at: now, count });
          for (let attempt = 0; attempt < tries; attempt += 1) {
            if (budget.tryBegin(now) !== 'ok') continue;
            begun.push(now);
            const since = now - BUDGET_WINDOW_MS;
            const load = calls.filter(({ at }) => at > since).reduce((sum, one) => sum + one.count, 0);
            expect(begun.filter((at) => at > since).length).toBeLessThanOrEqual(load * PREFETCH_SHARE);
            expect(budget.running).toBeLessThanOrEqual(MAX_AT_ONCE);
            if (attempt % 2 === 0) budget.end();
          }
          while (budget.running > 2) budget.end();
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is used up to the bound by a steady load, to the share of two buckets', () => {
    const budget = new PrefetchBudget();
    let begun = 0;
    for (let second = 0; second < 3_600; second += 1) {
      budget.called(10, second * 1_000);
      for (let answer = budget.tryBegin(second * 1_000); answer === 'ok'; answer = budget.tryBegin(second * 1_000)) {
        begun += 1;
        budget.end();
      }
    }
    expect(begun).toBeLessThanOrEqual(3_600);
    expect(begun).toBeGreaterThan(3_600 * 0.95);
  });
});
