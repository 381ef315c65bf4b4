import { describe, expect, it } from 'vitest';
import { VirtualClock } from './virtual-clock.js';

describe('VirtualClock', () => {
  it('stands still until it is moved', () => {
    const clock = new VirtualClock(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 1_000]);
  });

  it('fires timers in the order of their times, then of their making', async () => {
    const clock = new VirtualClock(0);
    const fired: string[] = [];
    clock.after(20, () => fired.push(`b@${String(clock.now())}`));
    clock.after(10, () => fired.push(`a@${String(clock.now())}`));
    clock.after(20, () => fired.push(`c@${String(clock.now())}`));
    await clock.advance(25);
    expect(fired).toEqual(['a@10', 'b@20', 'c@20']);
    expect(clock.now()).toBe(25);
  });

  it('fires what a timer or a settled promise sets within the same move', async () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    clock.after(5, () => {
      void Promise.resolve().then(() => clock.after(5, () => fired.push(clock.now())));
    });
    await clock.advance(10);
    expect(fired).toEqual([10]);
  });

  it('repeats, until it is cancelled', async () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    const timer = clock.every(10, () => fired.push(clock.now()));
    await clock.advance(35);
    timer.cancel();
    timer.cancel();
    await clock.advance(100);
    expect(fired).toEqual([10, 20, 30]);
    expect(clock.pending).toBe(0);
  });
});
