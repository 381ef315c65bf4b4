import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { LiveLine } from './live-line.js';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, columns: 80, write: (text: string) => written.push(text) };
}

describe('live line', () => {
  it('S18: is drawn anew on a terminal, also while no event comes', async () => {
    const clock = new VirtualClock();
    const terminal = screen(true);
    const line = new LiveLine(terminal, clock);
    line.update({ progress: 1, total: 4, message: 'one' });
    const drawn = terminal.written.length;
    await clock.advance(300);
    expect(terminal.written.length).toBe(drawn + 3);
    expect(terminal.written.at(-1)).toContain('25 % one · 300 ms');
    line.stop();
    await clock.advance(1_000);
    expect(terminal.written.at(-1)).toBe('\n');
    expect(clock.pending).toBe(0);
  });

  it('S18: is one plain line an event elsewhere', async () => {
    const clock = new VirtualClock();
    const pipe = screen(false);
    const line = new LiveLine(pipe, clock);
    line.update({ progress: 1, total: 2, message: 'half' });
    await clock.advance(5_000);
    line.update({ progress: 2, total: 2, message: 'all' });
    line.stop();
    expect(pipe.written).toEqual([' 50 % half (0 ms)\n', '100 % all (5.0 s)\n']);
  });

  it('S18: makes room for a question, and comes back after it', async () => {
    const clock = new VirtualClock();
    const terminal = screen(true);
    const line = new LiveLine(terminal, clock);
    await clock.advance(100);
    line.pause();
    const drawn = terminal.written.length;
    expect(terminal.written.at(-1)).toBe('\r\u001b[2K');
    line.update({ message: 'while somebody types' });
    await clock.advance(1_000);
    expect(terminal.written).toHaveLength(drawn);
    line.resume();
    await clock.advance(100);
    expect(terminal.written.at(-1)).toContain('while somebody types · 1.2 s');
    line.stop();
    expect(clock.pending).toBe(0);
  });
});
