import { VirtualClock } from '@mcp-cluster/testkit';
import { expect, it } from 'vitest';
import { WakeUps } from './wake-ups.js';

it('wakes those who wait for a key, when it is told of, when the time is over, or when they leave', async () => {
  const clock = new VirtualClock();
  const wakeUps = new WakeUps(clock);
  const { signal } = new AbortController();
  const leaving = new AbortController();
  const ends: string[] = [];
  const wait = (name: string, id: string, by = signal): void => {
    wakeUps.wait(id, 100, by).then(
      () => ends.push(name),
      () => ends.push(`${name} left`),
    );
  };
  wait('told', 'id');
  wait('told too', 'id');
  wait('leaves', 'id', leaving.signal);
  wait('waits', 'other');
  leaving.abort();
  wait('left before', 'id', leaving.signal);
  wakeUps.wake('id');
  wakeUps.wake('nobody waits for it');
  await clock.advance(99);
  expect(ends.toSorted()).toEqual(['leaves left', 'left before left', 'told', 'told too']);
  await clock.advance(1);
  expect(ends).toContain('waits');
  expect([wakeUps.size, clock.pending]).toEqual([0, 0]);
});
