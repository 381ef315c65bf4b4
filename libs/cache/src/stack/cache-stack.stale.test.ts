import { yieldToEventLoop } from '@mcp-cluster/kernel';
import { NotShareable } from '@mcp-cluster/protocol';
import { CacheWorld, HeldLoad, queryOf, type WorldNode } from '@mcp-cluster/testkit/cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheStack } from './cache-stack.js';

describe('CacheStack: old entries', () => {
  let world: CacheWorld;
  let node: WorldNode;
  let stack: CacheStack;
  let work: HeldLoad;
  beforeEach(() => {
    world = new CacheWorld();
    node = world.node('a');
    stack = new CacheStack({ ...node, shared: undefined, disk: undefined });
    work = new HeldLoad();
  });
  afterEach(() => {
    expect(world.failures).toEqual([]);
  });

  /** Loads a value as somebody's call does. */
  const keep = async (query: ReturnType<typeof queryOf>, value: unknown): Promise<void> => {
    const { entry } = stack.board(query, {});
    await world.settle();
    work.last.land(value);
    await entry;
    await world.settle();
  };

  describe('stale while it is loaded anew', () => {
    const wishes = { policy: { ttlMs: 1_000, staleWhileRevalidateMs: 10_000 } };

    it('P06: is given at once, and one load runs behind it for nobody', async () => {
      const query = queryOf(work.load, wishes);
      await keep(query, 'old');
      await world.elapse(1_000);
      for (let n = 0; n < 5; n += 1) expect(stack.peek(query)?.value).toBe('old');
      await world.settle();
      expect(work.runs).toHaveLength(2);
      expect(work.last.flight.passengers.size).toBe(0);
      expect((await stack.board(query, {}).entry).value).toBe('old');
      work.last.land('new');
      await world.settle();
      expect(stack.peek(query)?.value).toBe('new');
      expect(node.observer.count('l1 stale')).toBe(5);
    });

    it.each([
      [
        'throws at once',
        (): never => {
          throw new Error('at once');
        },
      ],
      ['rejects', () => Promise.reject(new Error('later'))],
      ['gives undefined', () => undefined],
      ['gives a value that is undefined', () => Promise.resolve({ value: undefined, keep: true })],
    ])('P06: a factory that %s is counted, and no unhandled rejection', async (_name, factory) => {
      // bentocache 1.6.1: a background refresh whose factory returned undefined was an unhandled rejection.
      const unhandled: unknown[] = [];
      const listener = (reason: unknown): void => void unhandled.push(reason);
      process.on('unhandledRejection', listener);
      try {
        await keep(queryOf(work.load, wishes), 'old');
        await world.elapse(1_000);
        const query = queryOf(factory as unknown as HeldLoad['load'], wishes);
        expect(stack.peek(query)?.value).toBe('old');
        await world.settle();
        await yieldToEventLoop();
        expect(unhandled).toEqual([]);
        expect(node.observer.count('loaded error') + node.observer.count('loaded unkept')).toBe(1);
        expect(stack.peek(query)?.value).toBe('old');
      } finally {
        process.off('unhandledRejection', listener);
      }
    });

    it('P06: a load that fails is tried again a second later, not at each look', async () => {
      const query = queryOf(work.load, wishes);
      await keep(query, 'old');
      await world.elapse(1_000);
      stack.peek(query);
      await world.settle();
      work.last.crash(new Error('no'));
      await world.elapse(900);
      stack.peek(query);
      await world.settle();
      expect(work.runs).toHaveLength(2);
      await world.elapse(100);
      expect(stack.peek(query)?.value).toBe('old');
      await world.settle();
      expect(work.runs).toHaveLength(3);
    });

    it('P06: is over when its time is', async () => {
      const query = queryOf(work.load, wishes);
      await keep(query, 'old');
      await world.elapse(11_000);
      expect(stack.peek(query)).toBeUndefined();
    });
  });

  describe('stale when the load fails', () => {
    const wishes = { policy: { ttlMs: 1_000, staleIfErrorMs: 10_000 } };

    it('P06: everybody waits for the load; when it fails he is given the old entry', async () => {
      const query = queryOf(work.load, wishes);
      await keep(query, 'old');
      await world.elapse(1_000);
      expect(stack.peek(query)).toBeUndefined();
      const places = [1, 2].map(() => stack.board(query, {}));
      await world.settle();
      work.last.crash(new Error('no'));
      for (const { entry } of places) expect((await entry).value).toBe('old');
      expect(node.observer.count('rescued')).toBe(1);
      const after = stack.board(query, {});
      await world.settle();
      work.last.land('new');
      expect((await after.entry).value).toBe('new');
    });

    it('P06: not when its time is over, not when it was invalidated, and not for an answer of one caller alone', async () => {
      const query = queryOf(work.load, wishes);
      const fails = async (error: Error): Promise<void> => {
        const { entry } = stack.board(query, {});
        await world.settle();
        work.last.crash(error);
        await expect(entry).rejects.toBe(error);
      };
      await keep(query, 'old');
      await world.elapse(1_000);
      await fails(new NotShareable('it asked the user'));
      await world.elapse(10_000);
      await fails(new Error('over'));
      await keep(query, 'old');
      await world.elapse(2_000);
      await stack.invalidate([query.key.id]);
      await fails(new Error('invalidated'));
      expect(node.observer.count('rescued')).toBe(0);
    });

    it('P06: not when it was invalidated while the load ran', async () => {
      const query = queryOf(work.load, wishes);
      await keep(query, 'old');
      await world.elapse(2_000);
      const { entry } = stack.board(query, {});
      await world.settle();
      await stack.invalidate([query.key.id]);
      work.last.crash(new Error('no'));
      await expect(entry).rejects.toThrow('no');
    });
  });
});
