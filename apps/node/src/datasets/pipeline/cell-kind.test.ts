import { describe, expect, it } from 'vitest';
import { accepts, kindOf, type CellKind } from './cell-kind.js';

describe('kindOf', () => {
  it.each<[CellKind, string[]]>([
    ['missing', ['', '  ', '\t']],
    ['integer', ['0', '-12', ' +7 ', '12345678901234567890']],
    ['number', ['1.5', '.5', '1e3', '-0.1', '0.25']],
    ['boolean', ['true', 'FALSE', ' True ']],
    [
      'timestamp',
      ['2026-01-31', '2024-02-29', '2026-01-31T10:00Z', '2026-01-31 10:00:05.123+02:00', '2026-01-31T10:00:00-0530'],
    ],
    [
      'text',
      [
        '007',
        '01234',
        '0x10',
        'NaN',
        '1,5',
        '2026-02-30',
        '2026-04-31',
        '2025-02-29',
        '2026-01-00',
        '2026-13-01',
        '2026-01-31T25:00Z',
        'yes',
        '2026-1-31',
      ],
    ],
  ])('S09: says what a CSV field is: %s', (kind, fields) => {
    expect(fields.map((field) => [field, kindOf(field, true)])).toEqual(fields.map((field) => [field, kind]));
  });

  it('S09: says what a JSON value is; a text of digits stays a text', () => {
    const values = [1, 1.5, true, null, undefined, ' ', '1', 'true', '2026-01-31', 'x', {}, [1], JSON.parse('1e999')];
    expect(values.map((value) => kindOf(value, false))).toEqual([
      ...['integer', 'number', 'boolean', 'missing', 'missing', 'missing', 'text', 'text', 'timestamp', 'text'],
      ...['text', 'text', 'text'],
    ]);
  });

  it('S09: lets a column hold its kind, a missing value, and text anything', () => {
    const held = (['missing', 'integer', 'number', 'boolean', 'timestamp', 'text'] as const).filter((cell) =>
      accepts('integer', cell),
    );
    expect(held).toEqual(['missing', 'integer', 'number']);
    expect(accepts('timestamp', 'text')).toBe(false);
    expect(accepts('category', 'number')).toBe(true);
  });
});
