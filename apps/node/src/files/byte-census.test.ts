import { describe, expect, it } from 'vitest';
import { ByteCensus } from './byte-census.js';

function count(...pieces: (string | number[])[]): ByteCensus {
  const census = new ByteCensus();
  for (const piece of pieces) census.add(typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece));
  return census;
}

describe('ByteCensus', () => {
  it.each([
    [[''], 0, 0],
    [['a'], 1, 1],
    [['a\n'], 1, 1],
    [['\n\n'], 2, 0],
    [['ab', 'cd', 'e\nf'], 2, 5],
    [['ab\nc', 'defg'], 2, 5],
    [['ab\nc', 'defg\n'], 2, 5],
  ])('S11: %j are %i lines, the longest of %i bytes', (pieces, lines, longest) => {
    const census = count(...pieces);
    expect([census.lines, census.longestLine]).toEqual([lines, longest]);
  });

  it('S11: shares add up to one', () => {
    const census = count('ab 1\t\n', [0, 0x1b, 0x7f, 0x80, 0xff, 0x7e, 0x0d]);
    expect(census.bytes).toBe(13);
    const { printable, whitespace, control, nonAscii } = census.composition();
    expect(printable).toBeCloseTo(4 / 13, 5);
    expect(whitespace).toBeCloseTo(4 / 13, 5);
    expect(control).toBeCloseTo(3 / 13, 5);
    expect(nonAscii).toBeCloseTo(2 / 13, 5);
  });

  it('S11: of nothing all shares are 0', () => {
    expect(count().composition()).toEqual({ printable: 0, whitespace: 0, control: 0, nonAscii: 0 });
  });
});
