import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { Pacer } from './pacer.js';

const never = new AbortController().signal;

describe('Pacer', () => {
  it('S10: keeps the beginnings of requests apart, and no more than that', async () => {
    const clock = new VirtualClock();
    const start = clock.monotonic();
    const pacer = new Pacer(clock, 300);
    const begun: number[] = [];
    const begin = () => pacer.turn(never).then(() => begun.push(clock.monotonic() - start));
    const turns = [begin(), begin(), begin()];
    await clock.advance(1_000);
    await Promise.all([...turns, begin()]);
    expect(begun).toEqual([0, 300, 600, 1_000]);
  });

  it('S10: without a delay nothing waits', async () => {
    const clock = new VirtualClock();
    const pacer = new Pacer(clock, 0);
    await Promise.all([pacer.turn(never), pacer.turn(never)]);
    expect(clock.pending).toBe(0);
  });

  it('S10: an abort ends the waiting', async () => {
    const clock = new VirtualClock();
    const pacer = new Pacer(clock, 300);
    const controller = new AbortController();
    await pacer.turn(controller.signal);
    const waiting = pacer.turn(controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });
});
