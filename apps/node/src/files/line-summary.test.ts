import { randomInt, seededRng } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { LineSummary } from './line-summary.js';
import { LOG_LEVELS } from './log-level.js';

const options = { head: 3, tail: 2, levels: true };

function summarise(...pieces: string[]): LineSummary {
  const summary = new LineSummary(options);
  for (const piece of pieces) summary.add(Buffer.from(piece));
  summary.finish();
  return summary;
}

describe('LineSummary', () => {
  it('S12: counts lines and levels and notes places', () => {
    const summary = summarise('INFO a\nERROR bcd\n\nlast');
    expect(summary.lines).toBe(4);
    expect(summary.longest).toEqual({ bytes: 9, line: 2 });
    expect(summary.levels).toEqual([0, 1, 0, 1, 0, 0, 2]);
    expect(summary.head).toEqual([
      { start: 0, end: 6 },
      { start: 7, end: 16 },
      { start: 17, end: 17 },
    ]);
    expect(summary.tail).toEqual([
      { start: 17, end: 17 },
      { start: 18, end: 22 },
    ]);
  });

  it.each([
    [[''], 0],
    [['a'], 1],
    [['a\n'], 1],
    [['\n'], 1],
    [['a', '\n', 'b'], 2],
    [['\n', '\n'], 2],
  ])('S12: of %j there are %i lines', (pieces, lines) => {
    const summary = summarise(...pieces);
    expect(summary.lines).toBe(lines);
    expect(summary.tail).toHaveLength(Math.min(lines, 2));
    expect(summary.levels.reduce((sum, count) => sum + count, 0)).toBe(lines);
  });

  it('S12: finds a level that is cut by the end of a chunk', () => {
    expect(summarise('{"lev', 'el":5', '0}\nWA', 'RN\n', '{"level":40').levels).toEqual([0, 1, 2, 0, 0, 0, 0]);
  });

  it('S12: says the same of random lines, however they are cut', () => {
    const seed = 20_261_101;
    const rng = seededRng(seed);
    const lines = Array.from({ length: 400 }, () => {
      const level = [...LOG_LEVELS, 'none'][randomInt(rng, 7)] ?? '';
      return `${level} ${'x'.repeat(randomInt(rng, 3) === 0 ? randomInt(rng, 3_000) : randomInt(rng, 40))}`;
    });
    const text = Buffer.from(`${lines.join('\n')}\n`);
    const whole = new LineSummary({ head: 10, tail: 10, levels: true });
    whole.add(text);
    whole.finish();
    const cut = new LineSummary({ head: 10, tail: 10, levels: true });
    for (let at = 0; at < text.length;) {
      const end = at + 1 + randomInt(rng, 2_000);
      cut.add(text.subarray(at, end));
      at = end;
    }
    cut.finish();
    const longest = lines.reduce((most, line) => (line.length > most.length ? line : most), '');
    expect(whole.lines, `seed ${seed}`).toBe(400);
    expect(whole.longest, `seed ${seed}`).toEqual({ bytes: longest.length, line: lines.indexOf(longest) + 1 });
    expect(whole.tail.map(({ start, end }) => text.toString('utf8', start, end))).toEqual(lines.slice(-10));
    expect(whole.head.map(({ start, end }) => text.toString('utf8', start, end))).toEqual(lines.slice(0, 10));
    const counted = LOG_LEVELS.map((level) => lines.filter((line) => line.startsWith(level)).length);
    expect(whole.levels.slice(0, 6), `seed ${seed}`).toEqual(counted);
    for (const key of ['lines', 'longest', 'levels', 'head', 'tail'] as const)
      expect(cut[key], `seed ${seed}`).toEqual(whole[key]);
  });
});
