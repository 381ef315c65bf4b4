import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { sleep, systemClock, yieldToEventLoop } from './clock.js';

describe('sleep', () => {
  it('resolves after its time and not before', async () => {
    const clock = new VirtualClock();
    let awake = false;
    void sleep(clock, 100).then(() => (awake = true));
    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    expect(awake).toBe(true);
  });

  it('rejects with the reason of an abort and leaves no timer', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 100, controller.signal);
    const reason = new Error('cancelled');
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });

  it('rejects at once when it was aborted before', async () => {
    const clock = new VirtualClock();
    const reason = new Error('too late');
    await expect(sleep(clock, 100, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });

  it('takes its listener off a signal that outlives it', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    const sleeping = sleep(clock, 5, signal);
    await clock.advance(5);
    await sleeping;
    expect(listeners()).toBe(0);
  });
});

describe('the system clock', () => {
  it('tells wall time and a monotonic time that never goes back', () => {
    expect(systemClock.now()).toBeGreaterThan(1_700_000_000_000);
    const first = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first);
  });

  it('fires its timers, and not those that were cancelled', async () => {
    const fired: string[] = [];
    systemClock.after(0, () => fired.push('cancelled')).cancel();
    await new Promise<void>((resolve) => {
      const timer = systemClock.every(1, () => {
        timer.cancel();
        timer.cancel();
        fired.push('every');
        resolve();
      });
    });
    await new Promise<void>((resolve) => systemClock.after(1, resolve));
    expect(fired).toEqual(['every']);
  });
});

it('S17: yieldToEventLoop lets other work run first', async () => {
  const order: string[] = [];
  setImmediate(() => order.push('other'));
  await yieldToEventLoop();
  order.push('resumed');
  expect(order).toEqual(['other', 'resumed']);
});

function countListeners(signal: AbortSignal): () => number {
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<AbortSignal['addEventListener']>) => {
    count += 1;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<AbortSignal['removeEventListener']>) => {
    count -= 1;
    removeEventListener.apply(signal, args);
  };
  return () => count;
}
