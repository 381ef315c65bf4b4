import { describe, expect, it } from 'vitest';
import { readOptions, selected } from './options.ts';

describe('options of a benchmark', () => {
  it('measures in full unless told otherwise', () => {
    expect(readOptions([])).toMatchObject({ seconds: 10, warmup: 20, repeats: 3, connections: 50, trial: false });
  });

  it('makes a trial of a quick or partial run, so that it cannot replace the published report', () => {
    expect(readOptions(['--quick']).trial).toBe(true);
    expect(readOptions(['--only', 'bare'])).toMatchObject({ only: ['bare'], trial: true });
  });

  it('lets a number override the quick one', () => {
    expect(readOptions(['--quick', '--seconds', '5'])).toMatchObject({ seconds: 5, repeats: 1 });
  });

  it('takes the lengths of a benchmark that has its own', () => {
    const lengths = {
      full: { seconds: 1, warmup: 0, repeats: 5 },
      quick: { seconds: 1, warmup: 0, repeats: 1 },
    };
    expect(readOptions([], lengths)).toMatchObject({ seconds: 1, warmup: 0, repeats: 5 });
    expect(readOptions(['--quick', '--seconds', '2'], lengths)).toMatchObject({ seconds: 2, repeats: 1 });
  });

  it.each(['0', '-1', '1.5', 'many', ''])(
    'names the option, what came and what was expected: --seconds=%s',
    (given) => {
      expect(() => readOptions([`--seconds=${given}`])).toThrow(
        `--seconds must be an integer from 1 to 600, got ${JSON.stringify(given)}`,
      );
    },
  );

  it('refuses the name of a subject that there is not', () => {
    expect(() => selected([{ name: 'bare' }], ['bear'])).toThrow('no "bear"; there are bare');
  });
});
