import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SortedRuns } from './sorted-runs.js';

it('S09: gives the percentile that one long sort gives', () => {
  // Few different numbers as well as many: equal ones are where searches go wrong.
  const number = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, 1, 2, -1));
  const runs = fc.array(fc.array(number, { maxLength: 30 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(runs, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, share) => {
      const sorted = Float64Array.from(values.flat()).sort();
      const all = new SortedRuns();
      for (const run of values) all.add(Float64Array.from(run));
      const expected = sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)];
      // -0 and 0 are equal numbers.
      expect((all.percentile(share) ?? NaN) + 0).toBe((expected ?? NaN) + 0);
    }),
    { numRuns: 500 },
  );
});

it('S09: has no percentile of nothing', () => {
  const runs = new SortedRuns();
  runs.add(new Float64Array(0));
  expect(runs.percentile(0.5)).toBeUndefined();
});
