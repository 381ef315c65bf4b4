import { describe, expect, it } from 'vitest';
import { HOUR_MS, HourPatterns, MAX_KEYS_OF_AN_HOUR } from './hour-patterns.js';

const DAY_MS = 24 * HOUR_MS;
const NINE = 9 * HOUR_MS;

function atNine(patterns: HourPatterns, day: number): readonly (readonly [string, number])[] {
  return patterns.predict(day * DAY_MS + NINE).map(({ id, confidence }) => [id, confidence]);
}

function ask(patterns: HourPatterns, id: string, day: number, times: number): void {
  for (let time = 0; time < times; time += 1) patterns.learn(id, day * DAY_MS + NINE + time * 60_000);
}

describe('P07: by hour of day', () => {
  it('foresees what was asked for in this hour each day, from the third day on', () => {
    const patterns = new HourPatterns();
    ask(patterns, 'report', 100, 10);
    expect(atNine(patterns, 101)).toEqual([]);
    ask(patterns, 'report', 101, 10);
    expect(atNine(patterns, 102)).toEqual([['report', 2 / 3]]);
    ask(patterns, 'report', 102, 10);
    expect(atNine(patterns, 103)).toEqual([['report', 0.75]]);
    expect(patterns.predict(103 * DAY_MS + NINE + HOUR_MS)).toEqual([]);
  });

  it('believes frequency/10 at most, and nothing that was seen three times', () => {
    const patterns = new HourPatterns();
    for (const day of [1, 2, 3]) ask(patterns, 'three', day, 1);
    for (const day of [1, 2, 3, 4, 5]) ask(patterns, 'five', day, 1);
    expect(atNine(patterns, 6)).toEqual([['five', 0.5]]);
  });

  it('stops foreseeing what is asked for no more', () => {
    const patterns = new HourPatterns();
    for (let day = 1; day <= 20; day += 1) {
      ask(patterns, 'report', day, 3);
      atNine(patterns, day + 1);
    }
    expect(atNine(patterns, 21)[0]?.[1]).toBeGreaterThan(0.7);
    expect(atNine(patterns, 26)[0]?.[1]).toBeLessThan(0.7);
    for (let day = 27; day < 60; day += 1) atNine(patterns, day);
    expect(atNine(patterns, 60)).toEqual([]);
  });

  it('stays in its bounds', () => {
    const patterns = new HourPatterns();
    for (let id = 0; id < 100_000; id += 1) patterns.learn(String(id), id * 60_000);
    expect(patterns.size).toBe(24 * MAX_KEYS_OF_AN_HOUR);
  });
});
