import { describe, expect, it, vi } from 'vitest';
import { chunks, reportRows } from './progress.js';
import type { ToolContext } from './tool-context.js';

describe('chunks', () => {
  it.each([
    [
      10,
      4,
      [
        [0, 4],
        [4, 8],
        [8, 10],
      ],
    ],
    [
      8,
      4,
      [
        [0, 4],
        [4, 8],
      ],
    ],
    [3, 10, [[0, 3]]],
    [0, 10, []],
  ])('cuts %i items by %i', (total, size, expected) => {
    const cut = [...chunks(total, size)];
    expect(cut.map(({ start, end }) => [start, end])).toEqual(expected);
    expect(cut.map(({ number, of }) => [number, of])).toEqual(expected.map((_, index) => [index + 1, expected.length]));
  });

  it.each([
    [10, 0, 'size'],
    [10, 1.5, 'size'],
    [-1, 5, 'total'],
    [Number.NaN, 5, 'total'],
  ])('refuses %d items by %d and names the number that is wrong', (total, size, field) => {
    expect(() => [...chunks(total, size)]).toThrow(field);
  });
});

describe('reportRows', () => {
  it('S03: gives each progress a message that a person understands, and no total when none is known', () => {
    const progress = vi.fn<ToolContext['progress']>();
    const context = { progress } as unknown as ToolContext;
    reportRows(context, 500, 10_000);
    reportRows(context, 7, undefined, 'pages');
    expect(progress.mock.calls).toEqual([
      [500, 10_000, 'rows 500 of 10000'],
      [7, undefined, 'pages 7'],
    ]);
  });
});
