import { describe, expect, it } from 'vitest';
import { LATER_MS, PATIENCE_MS, PrefetchQueue } from './prefetch-queue.js';
import type { Prediction } from './patterns/prediction.js';

function prediction(id: string, confidence: number): Prediction {
  return { id, confidence, reason: 'sequence' };
}

describe('P07: the queue of prefetches', () => {
  it('has what is over 0.7 now, what is over 0.4 in five seconds, and nothing else', () => {
    const queue = new PrefetchQueue();
    for (const [id, confidence] of [
      ['a', 0.4],
      ['b', 0.41],
      ['c', 0.7],
      ['d', 0.71],
    ] as const)
      queue.add(prediction(id, confidence), 0);
    expect(queue.size).toBe(3);
    expect(queue.first(0)?.id).toBe('d');
    queue.remove('d');
    expect(queue.first(LATER_MS - 1)).toBeUndefined();
    expect(queue.nextDueAfter(0)).toBe(LATER_MS);
    expect(queue.first(LATER_MS)?.id).toBe('c');
  });

  it('gives the likeliest first, and makes room for a likelier one when it is full', () => {
    const queue = new PrefetchQueue(2);
    expect(queue.add(prediction('a', 0.8), 0)).toBe(0);
    expect(queue.add(prediction('b', 0.9), 0)).toBe(0);
    expect(queue.add(prediction('c', 0.8), 0)).toBe(1);
    expect(queue.add(prediction('d', 0.85), 0)).toBe(1);
    expect(queue.first(0)?.id).toBe('b');
    queue.remove('b');
    expect(queue.first(0)?.id).toBe('d');
    expect(queue.size).toBe(1);
  });

  it('lets a key wait once: a likelier reason hastens it', () => {
    const queue = new PrefetchQueue();
    queue.add(prediction('a', 0.5), 0);
    queue.add(prediction('a', 0.45), 1_000);
    expect(queue.nextDueAfter(0)).toBe(LATER_MS);
    queue.add(prediction('a', 0.9), 1_000);
    expect(queue.size).toBe(1);
    expect(queue.first(1_000)).toMatchObject({ id: 'a', confidence: 0.9 });
  });

  it('drops what has waited too long for a place', () => {
    const queue = new PrefetchQueue();
    queue.add(prediction('a', 0.9), 0);
    queue.add(prediction('b', 0.5), 0);
    expect(queue.removeLate(PATIENCE_MS)).toBe(0);
    expect(queue.removeLate(PATIENCE_MS + 1)).toBe(1);
    expect(queue.first(PATIENCE_MS + 1)?.id).toBe('b');
  });
});
