import { describe, expect, it } from 'vitest';
import { byteQuery, partsOf, readByteRange } from './byte-range.js';

describe('readByteRange', () => {
  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=0-99', 0, 100],
    ['bytes=990-999', 990, 1_000],
  ])('S12: reads ?%s', (query, start, end) => {
    expect(readByteRange(query, 1_000, 100)).toEqual({ start, end });
    expect(byteQuery({ start, end })).toBe(query);
  });

  it.each([
    ['', 'expected ?bytes=START-END, for example ?bytes=0-1023, got "?"'],
    ['bytes=', 'expected ?bytes=START-END'],
    ['bytes=5-', 'expected ?bytes=START-END'],
    ['bytes=-5', 'expected ?bytes=START-END'],
    ['bytes=0-1,3-4', 'expected ?bytes=START-END'],
    ['bytes=0-1&x=1', 'expected ?bytes=START-END'],
    ['bytes=0x0-0x9', 'expected ?bytes=START-END'],
    ['bytes=0-9999999999999999', 'expected ?bytes=START-END'],
    ['lines=0-1', 'expected ?bytes=START-END'],
    ['bytes=7-6', 'expected START up to END, got 7-6'],
    ['bytes=0-1000', 'expected END up to 999, got 0-1000'],
    ['bytes=1000-1000', 'expected END up to 999, got 1000-1000'],
    ['bytes=0-100', 'expected at most 100 bytes, got 101'],
  ])('S12: refuses ?%s naming bytes', (query, message) => {
    expect(() => readByteRange(query, 1_000, 100)).toThrow(`bytes: ${message}`);
  });

  it('S12: has no range of an empty file', () => {
    expect(() => readByteRange('bytes=0-0', 0, 100)).toThrow('bytes: the file is empty, got 0-0');
  });
});

describe('partsOf', () => {
  it('cuts the whole file, the last part as it comes out', () => {
    const parts = partsOf(250, 100, 100);
    expect(parts).toEqual([
      { start: 0, end: 100 },
      { start: 100, end: 200 },
      { start: 200, end: 250 },
    ]);
  });

  it('gives the first and the last parts of more than may be linked', () => {
    const parts = partsOf(1_005, 10, 5);
    expect(parts.map(({ start }) => start)).toEqual([0, 10, 980, 990, 1_000]);
    expect(parts.at(-1)).toEqual({ start: 1_000, end: 1_005 });
  });
});
