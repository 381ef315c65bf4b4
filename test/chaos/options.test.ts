import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

const read = (...args: string[]) => readOptions(args, ['1', '2', 'garbage-node'], 7);

describe('the options of the suite', () => {
  it('are a short round of everything, by default', () => {
    expect(read()).toEqual({ long: false, seed: 7, only: [], repeat: 1, publish: false });
  });

  it('are read', () => {
    const given = read('--long', '--seed', '12', '--only', '1,garbage-node', '--repeat', '20', '--publish');
    expect(given).toEqual({ long: true, seed: 12, only: ['1', 'garbage-node'], repeat: 20, publish: true });
  });

  it.each([
    [['--only', '9'], '--only: expected some of 1, 2, garbage-node, got 9'],
    [['--seed', '-1'], ''],
    [['--seed', '1.5'], '--seed: expected a whole number from 1'],
    [['--repeat', '0'], '--repeat: expected a whole number from 1 to 100, got 0'],
    [['--forever'], 'forever'],
  ])('%j are refused', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});
