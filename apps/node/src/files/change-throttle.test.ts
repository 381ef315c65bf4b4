import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { ChangeThrottle } from './change-throttle.js';

function make(capacity?: number) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const start = clock.monotonic();
  const tell = (what: string): void => {
    told.push(`${what}@${clock.monotonic() - start}`);
  };
  return { clock, told, throttle: new ChangeThrottle(clock, tell, 1_000, capacity) };
}

describe('ChangeThrottle', () => {
  it('tells the first change at once and the last of the next second at its end', async () => {
    const { clock, told, throttle } = make();
    throttle.changed('a');
    await clock.advance(10);
    throttle.changed('a');
    throttle.changed('a');
    expect(told).toEqual(['a@0']);
    await clock.advance(5_000);
    expect(told).toEqual(['a@0', 'a@1000']);
    expect(clock.pending).toBe(0);
  });

  it('tells at most once a second of what changes all the time, and the last change too', async () => {
    const { clock, told, throttle } = make();
    for (let turn = 0; turn < 35; turn += 1) {
      throttle.changed('a');
      await clock.advance(100);
    }
    await clock.advance(1_000);
    expect(told).toEqual(['a@0', 'a@1000', 'a@2000', 'a@3000', 'a@4000']);
  });

  it('keeps different things apart', async () => {
    const { clock, told, throttle } = make();
    throttle.changed('a');
    await clock.advance(400);
    throttle.changed('b');
    throttle.changed('b');
    throttle.changed('a');
    await clock.advance(2_000);
    expect(told).toEqual(['a@0', 'b@400', 'a@1000', 'b@1400']);
  });

  it('holds no more than it may, and loses nothing by that', async () => {
    const { clock, told, throttle } = make(2);
    throttle.changed('a');
    throttle.changed('a');
    throttle.changed('b');
    await clock.advance(1);
    throttle.changed('c');
    expect(told).toEqual(['a@0', 'b@0', 'a@1', 'c@1']);
    expect(clock.pending).toBe(2);
    await clock.advance(2_000);
    expect(told).toHaveLength(4);
  });

  it('tells nothing after it was stopped', async () => {
    const { clock, told, throttle } = make();
    throttle.changed('a');
    throttle.changed('a');
    throttle.stop();
    await clock.advance(2_000);
    expect(told).toEqual(['a@0']);
    expect(clock.pending).toBe(0);
  });
});
