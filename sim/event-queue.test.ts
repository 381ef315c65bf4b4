import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';

describe('the queue of events', () => {
  it('runs them by time, and those of one moment in the order in which they were added', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (times) => {
        const queue = new EventQueue();
        const ran: { at: number; order: number }[] = [];
        times.forEach((at, order) => {
          queue.add(at, (now) => {
            expect(now).toBe(at);
            ran.push({ at, order });
          });
        });
        while (queue.nextAt < Infinity) queue.step();
        const expected = times.map((at, order) => ({ at, order })).sort((a, b) => a.at - b.at || a.order - b.order);
        expect(ran).toEqual(expected);
      }),
    );
  });

  it('takes new events while it runs', () => {
    const queue = new EventQueue();
    const ran: number[] = [];
    const again = (now: number): void => {
      ran.push(now);
      if (now < 5) queue.add(now + 1, again);
    };
    queue.add(1, again);
    while (queue.nextAt < Infinity) queue.step();
    expect(ran).toEqual([1, 2, 3, 4, 5]);
    queue.step();
  });
});
