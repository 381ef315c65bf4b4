import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CategoryColumn } from './column-values.js';
import { DatasetColumn } from './dataset-column.js';
import { chooseGrouping, groupRows } from './grouping.js';

function category(name: string, values: readonly (string | null)[]): CategoryColumn {
  const column = new DatasetColumn(name, 0);
  for (const value of values) column.take(value);
  column.kind = 'category';
  const held = new CategoryColumn(column, values.length);
  for (const [row, value] of values.entries()) held.take(value, row);
  return held;
}

describe('groupRows', () => {
  it('S09: puts every row into the group of its label, the largest group first', async () => {
    const label = fc.constantFrom('a', 'b', 'c', null);
    await fc.assert(
      fc.asyncProperty(fc.array(label, { minLength: 1 }), async (values) => {
        const { order, groups } = await groupRows(category('g', values), values.length, () => Promise.resolve());
        expect([...order].sort((a, b) => a - b)).toEqual(values.map((_, row) => row));
        const sizes = groups.map(({ start, end }) => end - start);
        expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
        expect(new Set(groups.map(({ key }) => key))).toEqual(new Set(values));
        for (const { key, start, end } of groups) {
          for (const row of order.subarray(start, end)) expect(values[row]).toBe(key);
        }
      }),
    );
  });

  it('S17: gives others a turn in the middle of many rows', async () => {
    let turns = 0;
    await groupRows(undefined, 200_000, () => {
      turns += 1;
      return Promise.resolve();
    });
    expect(turns).toBe(4);
  });
});

describe('chooseGrouping', () => {
  it('S09: prefers categories with a value in every row, then few groups, then the first', () => {
    const gaps = category('gaps', ['a', 'b', null, 'a']);
    const many = category('many', ['a', 'b', 'c', 'a']);
    const few = category('few', ['a', 'b', 'b', 'a']);
    const same = category('same', ['a', 'b', 'a', 'a']);
    const one = category('one', ['a', 'a', 'a', 'a']);
    const flag = category('flag', ['true', 'false', 'true', 'false']);
    flag.column.kind = 'boolean';
    expect(chooseGrouping([flag, one, gaps, many, few, same])).toBe(few);
    expect(chooseGrouping([one, gaps, many])).toBe(many);
    expect(chooseGrouping([flag, gaps])).toBe(gaps);
    expect(chooseGrouping([one, flag])).toBe(flag);
    expect(chooseGrouping([one])).toBeUndefined();
  });
});
