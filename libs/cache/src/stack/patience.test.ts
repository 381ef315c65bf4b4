import { VirtualClock } from '@mcp-cluster/testkit';
import type { Clock } from '@mcp-cluster/kernel';
import { expect, it } from 'vitest';
import { patiently } from './patience.js';

const LIMITS = { slowMs: 50, mostMs: 100 };

/** A clock whose process is busy for so long before its timers run. */
class BusyClock implements Clock {
  busyMs = 0;
  readonly virtual = new VirtualClock();

  now = (): number => this.virtual.now();
  monotonic = (): number => this.virtual.monotonic() + this.busyMs;
  after = (ms: number, fn: () => void) => this.virtual.after(ms, fn);
  every = (ms: number, fn: () => void) => this.virtual.every(ms, fn);
}

it('waits for an answer, and no longer', async () => {
  const clock = new VirtualClock();
  expect(await patiently(clock, LIMITS, () => Promise.resolve(1))).toEqual({
    state: 'answered',
    answer: 1,
    slow: false,
  });
  expect(await patiently(clock, LIMITS, () => Promise.reject(new Error('no')))).toEqual({ state: 'failed' });
  const never = patiently(clock, LIMITS, () => new Promise(() => undefined));
  await clock.advance(100);
  expect(await never).toEqual({ state: 'late' });
  expect(clock.pending).toBe(0);
});

it.each([
  [49, false],
  [51, true],
  [99, true],
])('8: an answer after %d ms is slow: %s', async (ms, slow) => {
  const clock = new VirtualClock();
  const { promise, resolve } = Promise.withResolvers<string>();
  const outcome = patiently(clock, LIMITS, () => promise);
  await clock.advance(ms);
  resolve('there');
  expect(await outcome).toEqual({ state: 'answered', answer: 'there', slow });
});

it('a process that was busy itself does not take the other side for slow', async () => {
  const clock = new BusyClock();
  const { promise, resolve } = Promise.withResolvers<string>();
  const outcome = patiently(clock, LIMITS, () => promise);
  clock.busyMs = 400; // the timer fires late, and the answer lies there unread
  await clock.virtual.advance(50);
  resolve('there');
  expect(await outcome).toEqual({ state: 'answered', answer: 'there', slow: false });
});

it('gives up in the end, however busy it is', async () => {
  const clock = new BusyClock();
  const none = patiently(clock, LIMITS, () => new Promise(() => undefined));
  clock.busyMs = 400;
  await clock.virtual.advance(50);
  clock.busyMs = 800;
  await clock.virtual.advance(60);
  expect(await none).toEqual({ state: 'late' });
});
