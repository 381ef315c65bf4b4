import { describe, expect, it } from 'vitest';
import { duration, progressLine, progressText } from './progress.view.js';

describe('progress line', () => {
  it('S18: shows a bar with percent, message and elapsed time when the total is known', () => {
    const line = progressLine({ elapsedMs: 1_234, progress: 5_000, total: 10_000, message: 'rows 5000 of 10000' }, 120);
    expect(line).toBe(`[${'█'.repeat(14)}${'░'.repeat(14)}]  50 % rows 5000 of 10000 · 1.2 s`);
  });

  it('S18: shows a spinner that turns, and no percent, without a total', () => {
    const first = progressLine({ elapsedMs: 0, progress: 3, message: 'crawling' }, 80);
    const second = progressLine({ elapsedMs: 100, progress: 3, message: 'crawling' }, 80);
    expect(first).toMatch(/^⠋ 3 crawling · 0 ms$/);
    expect(second.charAt(0)).not.toBe(first.charAt(0));
    expect(first).not.toContain('%');
  });

  it('is full at 100 % and never over it', () => {
    expect(progressLine({ elapsedMs: 0, progress: 12, total: 10 }, 120)).toContain(`[${'█'.repeat(28)}] 100 %`);
  });

  it('never grows wider than the terminal, so that it can be drawn over', () => {
    const line = progressLine({ elapsedMs: 0, progress: 1, total: 2, message: 'x'.repeat(500) }, 40);
    expect(line).toHaveLength(39);
    const spinner = progressLine({ elapsedMs: 4_200, message: 'x'.repeat(500) }, 40);
    expect(spinner).toHaveLength(39);
    expect(spinner).toMatch(/^⠹ x+… · 4\.2 s$/);
    expect(progressLine({ elapsedMs: 0, progress: 1, total: 2, message: 'x' }, 10)).toHaveLength(9);
  });

  it("lets no control character of a server's message reach the terminal", () => {
    const hostile = { elapsedMs: 0, progress: 1, total: 2, message: 'a\u001b[2Jb\r\nc' };
    expect(progressLine(hostile, 80)).toContain('a [2Jb c');
    expect(progressText(hostile)).toBe(' 50 % a [2Jb c (0 ms)');
  });

  it.each([
    [850.4, '850 ms'],
    [12_340, '12.3 s'],
    [125_000, '2 min 05 s'],
  ])('says %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
