import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAST_RETRIES, RETRY_SHARE, RetryBudget } from './retry-budget.js';

describe('retry budget', () => {
  it('lets three retries run in a quiet minute and the fourth not', () => {
    const budget = new RetryBudget(() => 1);
    expect([1, 2, 3, 4].map(() => budget.tryBegin())).toEqual([true, true, true, false]);
    budget.end();
    expect(budget.tryBegin()).toBe(true);
  });

  it('lets a fifth of what is under way be retried', () => {
    const budget = new RetryBudget(() => 200);
    for (let retry = 0; retry < 40; retry += 1) expect(budget.tryBegin()).toBe(true);
    expect(budget.tryBegin()).toBe(false);
  });

  it('is never above its bound when a retry begins, however many requests come and go', () => {
    const step = fc.oneof(
      fc.record({ active: fc.nat(500) }),
      fc.constantFrom<'begin' | 'end'>('begin', 'begin', 'begin', 'end'),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        let active = 0;
        let begun = 0;
        const budget = new RetryBudget(() => active);
        for (const one of steps) {
          if (typeof one === 'object') active = one.active;
          else if (one === 'begin') {
            const bound = Math.max(LEAST_RETRIES, active * RETRY_SHARE);
            const allowed = budget.tryBegin();
            if (allowed) begun += 1;
            if (allowed) expect(begun).toBeLessThanOrEqual(bound);
            else expect(begun + 1).toBeGreaterThan(bound);
          } else if (begun > 0) {
            budget.end();
            begun -= 1;
          }
          expect(budget.used).toBe(begun);
        }
      }),
    );
  });
});
