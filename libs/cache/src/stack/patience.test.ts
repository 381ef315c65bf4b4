import { VirtualClock } from '@mcp-cluster/testkit';
import type { Clock } from '@mcp-cluster/kernel';
import { expect, it } from 'vitest';
import { patiently } from './patience.js';

it('waits for an answer, and no longer', async () => {
  const clock = new VirtualClock();
  expect(await patiently(clock, 100, () => Promise.resolve(1))).toEqual({ state: 'answered', answer: 1, ms: 0 });
  expect(await patiently(clock, 100, () => Promise.reject(new Error('no')))).toEqual({ state: 'failed' });
  const never = patiently(clock, 100, () => new Promise(() => undefined));
  await clock.advance(100);
  expect(await never).toEqual({ state: 'late' });
  expect(clock.pending).toBe(0);
});

it('a process that was busy itself does not take the other side for slow', async () => {
  const virtual = new VirtualClock();
  let busyMs = 0;
  const clock: Clock = {
    now: () => virtual.now(),
    monotonic: () => virtual.monotonic() + busyMs,
    after: (ms, fn) => virtual.after(ms, fn),
    every: (ms, fn) => virtual.every(ms, fn),
  };
  const { promise, resolve } = Promise.withResolvers<string>();
  const outcome = patiently(clock, 100, () => promise);
  busyMs = 400; // the timer fires late, and the answer lies there unread
  await virtual.advance(100);
  resolve('there');
  expect(await outcome).toMatchObject({ state: 'answered', answer: 'there' });
  const none = patiently(clock, 100, () => new Promise(() => undefined));
  busyMs = 800;
  await virtual.advance(125);
  expect(await none).toEqual({ state: 'late' });
});
