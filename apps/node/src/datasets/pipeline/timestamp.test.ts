import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timestampOf } from './timestamp.js';

describe('timestampOf', () => {
  it('S09: reads what the platform writes and reads, in any zone', () => {
    const instant = fc.date({
      noInvalidDate: true,
      min: new Date('0100-01-01T00:00Z'),
      max: new Date('9999-12-31T00:00Z'),
    });
    const zone = fc.tuple(fc.constantFrom('+', '-'), fc.nat(23), fc.nat(59));
    fc.assert(
      fc.property(instant, zone, (date, [sign, hours, minutes]) => {
        const iso = date.toISOString();
        expect(timestampOf(iso)).toBe(date.getTime());
        expect(timestampOf(iso.slice(0, 10))).toBe(Date.parse(iso.slice(0, 10)));
        const two = (value: number): string => String(value).padStart(2, '0');
        const offset = `${sign}${two(hours)}:${two(minutes)}`;
        const elsewhere = iso.replace('Z', offset);
        expect(timestampOf(elsewhere)).toBe(Date.parse(elsewhere));
        expect(timestampOf(elsewhere.replace(offset, offset.replace(':', '')))).toBe(Date.parse(elsewhere));
      }),
    );
  });

  it.each([
    ['2026-01-31 10:00', '2026-01-31T10:00:00.000Z'],
    ['2026-01-31T10:00:59', '2026-01-31T10:00:59.000Z'],
    [' 2026-01-31T10:00:00.5+0200 ', '2026-01-31T08:00:00.500Z'],
    ['2026-01-31t10:00:00z', '2026-01-31T10:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-01-31T10:00:00.123456789Z', '2026-01-31T10:00:00.123Z'],
  ])('S09: reads %s as UTC unless it says otherwise', (text, iso) => {
    expect(new Date(timestampOf(text) ?? NaN).toISOString()).toBe(iso);
  });

  it.each([
    ...['2025-02-29', '2026-02-30', '2026-04-31', '2026-00-10', '2026-13-01', '2026-01-00', '0099-01-01', '2026-1-31'],
    ...['2026-01-31T24:00Z', '2026-01-31T10:60Z', '2026-01-31T10:00:60Z', '2026-01-31T10:00+24:00', '2026-01-31T10'],
    ...['2026-01-31T10:00+02:60', '2026-01-31Z', '20260131', '', 20_260_131, null],
  ])('S09: takes %j for no timestamp', (cell) => {
    expect(timestampOf(cell)).toBeUndefined();
  });
});
