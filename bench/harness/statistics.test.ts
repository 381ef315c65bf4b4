import { describe, expect, it } from 'vitest';
import { ratio, spread } from './statistics.ts';

describe('spread', () => {
  it('takes the middle of an odd number of repeats, whatever their order', () => {
    expect(spread([9, 1, 4])).toEqual({ min: 1, median: 4, max: 9 });
  });

  it('takes the mean of the two middle ones of an even number', () => {
    expect(spread([8, 1, 2, 4])).toEqual({ min: 1, median: 3, max: 8 });
  });

  it('refuses to make something of nothing', () => {
    expect(() => spread([])).toThrow('at least one value');
  });
});

describe('ratio', () => {
  it('divides the medians and shows the spread of the pairs', () => {
    // The pairs are 2, 1 and 6; the medians 4 and 2.
    expect(ratio([2, 4, 12], [1, 4, 2])).toEqual({ ofMedians: 2, min: 1, median: 2, max: 6 });
  });

  it('refuses repeats that do not pair', () => {
    expect(() => ratio([1, 2], [1])).toThrow('equally many repeats');
  });
});
