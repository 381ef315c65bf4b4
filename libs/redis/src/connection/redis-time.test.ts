import { expect, it } from 'vitest';
import type { Clock } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { RedisTime } from './redis-time.js';

it('experiment 23: the time is the wrapped clock’s before the first sample, and Redis’ from then on', async () => {
  const virtual = new VirtualClock(1_000_000);
  let jump = 0;
  const wall: Clock = {
    now: () => virtual.now() + jump,
    monotonic: () => virtual.monotonic(),
    after: (ms, fn) => virtual.after(ms, fn),
    every: (ms, fn) => virtual.every(ms, fn),
  };
  const time = new RedisTime(wall);
  expect([time.sampled, time.now()]).toEqual([false, 1_000_000]);
  const askedAt = time.monotonic();
  await virtual.advance(10);
  time.sample(5_000_000, askedAt);
  // Redis read its clock halfway.
  expect([time.sampled, time.now()]).toEqual([true, 5_000_005]);
  jump = 3_600_000;
  await virtual.advance(100);
  expect(time.now()).toBe(5_000_105);
  jump = -3_600_000;
  expect(time.now()).toBe(5_000_105);
  time.sample(6_000_000, time.monotonic());
  expect(time.now()).toBe(6_000_000);
});
