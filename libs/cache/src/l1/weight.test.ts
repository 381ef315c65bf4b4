import { expect, it } from 'vitest';
import { weigh } from './weight.js';

it('P06: weighs texts and bytes by their length', () => {
  expect(weigh('x'.repeat(1_000))).toBe(2_064);
  expect(weigh(new Uint8Array(5_000))).toBe(5_064);
  expect([weigh(1), weigh(true), weigh(undefined), weigh(null)]).toEqual([8, 8, 8, 8]);
});

it('P06: weighs objects and lists by what is in them', () => {
  const content = [{ type: 'text', text: 'y'.repeat(10_000) }];
  expect(weigh({ content })).toBeGreaterThan(20_000);
  expect(weigh({ content })).toBeLessThan(21_000);
  const rows = Array.from({ length: 10_000 }, (_, n) => ({ n, name: `row ${n}` }));
  expect(weigh(rows)).toBeGreaterThan(10_000 * 150);
  expect(weigh(rows)).toBeLessThan(10_000 * 250);
  expect(weigh(new Map([['a', 'x'.repeat(1_000)]]))).toBeGreaterThan(2_000);
  expect(weigh(new Set(['x'.repeat(1_000)]))).toBeGreaterThan(2_000);
});

it('P06: ends with cycles, deep and wide values, soon', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  let deep: unknown = 'end';
  for (let n = 0; n < 100_000; n += 1) deep = [deep];
  let wide: unknown = 'end';
  for (let n = 0; n < 12; n += 1) wide = Array.from({ length: 64 }, () => wide);
  for (const value of [cycle, deep, wide]) expect(Number.isFinite(weigh(value))).toBe(true);
});
