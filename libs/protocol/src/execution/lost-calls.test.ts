import { armFailpoints, LocalError, sleep } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { keyedCall, KeyedCluster, textOf } from '@mcp-cluster/testkit/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { CapacityError } from '../wire/errors.js';
import type { Claim, Ledger, LedgerEntry } from './ledger.js';
import { MemoryLedger } from './memory-ledger.js';

const UNKNOWN = { code: -32603, data: { outcome: 'unknown' } };

afterEach(() => {
  armFailpoints([], () => undefined);
});

describe('a node that is lost', () => {
  it('experiment 3: with a write: the retry is told that nobody knows, for ever, and it runs once', async () => {
    const cluster = KeyedCluster.slow();
    const [first, second] = [cluster.node('a'), cluster.node('b')];
    const late = await keyedCall(first);
    const waiting = await keyedCall(second);
    cluster.leases.delete('a');
    await cluster.clock.advance(200);
    expect(waiting.reply.answer?.error).toMatchObject(UNKNOWN);
    await cluster.clock.advance(10_000);
    // The node was only cut off: two outcomes of one key must not be told.
    expect(late.reply.answer?.error).toMatchObject(UNKNOWN);
    expect((await keyedCall(second)).reply.answer?.error).toMatchObject(UNKNOWN);
    expect(cluster.runs).toBe(1);
  });

  it('experiment 3: with a read: the retry runs it again, and what the old one says late is not stored', async () => {
    const cluster = KeyedCluster.slow();
    const [first, second] = [cluster.node('a'), cluster.node('b')];
    const late = await keyedCall(first, 'read');
    await cluster.clock.advance(500);
    cluster.leases.delete('a');
    const again = await keyedCall(second, 'read');
    await cluster.clock.advance(2_000);
    expect([textOf(again), cluster.runs]).toEqual(['done', 2]);
    expect(late.reply.answer?.error).toMatchObject(UNKNOWN);
  });

  it('experiment 3: between claim and run, and between outcome and answer: at most one run at each point', async () => {
    for (const [point, name, runs] of [
      ['ledger.claimed', 'write', 0],
      ['ledger.settled', 'write', 1],
      ['ledger.claimed', 'read', 1],
    ] as const) {
      const cluster = new KeyedCluster();
      const [first, second] = [cluster.node('a'), cluster.node('b')];
      armFailpoints([point], () => {
        armFailpoints([], () => undefined);
        cluster.leases.delete('a');
        throw new Error('the process ends here');
      });
      await keyedCall(first, name);
      const retry = await keyedCall(second, name);
      if (point === 'ledger.settled' || name === 'read') expect(textOf(retry)).toBe('run 1');
      else expect(retry.reply.answer?.error).toMatchObject(UNKNOWN);
      expect([point, cluster.runs]).toEqual([point, runs]);
    }
  });
});

describe('a cancelled call', () => {
  it('S16: of a write whose tool stopped is unknown, and does not run again', async () => {
    const cluster = KeyedCluster.slow();
    const node = cluster.node('a');
    (await keyedCall(node)).exchange.disconnected();
    await cluster.clock.advance(0);
    expect((await keyedCall(node)).reply.answer?.error).toMatchObject(UNKNOWN);
    expect(cluster.runs).toBe(1);
  });

  it('S16: of a read whose tool stopped runs again', async () => {
    const cluster = KeyedCluster.slow();
    const node = cluster.node('a');
    (await keyedCall(node, 'read')).exchange.disconnected();
    await cluster.clock.advance(0);
    const again = await keyedCall(node, 'read');
    await cluster.clock.advance(1_000);
    expect([textOf(again), cluster.runs]).toEqual(['done', 2]);
  });

  it('S16: whose tool went on to its end has its result stored', async () => {
    const cluster = new KeyedCluster(async (_context, clock) => {
      await sleep(clock, 1_000);
      return 'done all the same';
    });
    const node = cluster.node('a');
    (await keyedCall(node)).exchange.disconnected();
    await cluster.clock.advance(0);
    await cluster.clock.advance(1_000);
    expect(textOf(await keyedCall(node))).toBe('done all the same');
    expect(cluster.runs).toBe(1);
  });
});

/** A ledger that can be away: before it does what is asked, or after. */
class FailingLedger implements Ledger {
  fails: 'never' | 'before' | 'after' = 'never';

  constructor(private readonly real: Ledger) {}

  claim(entry: LedgerEntry): Promise<Claim> {
    return this.pass(() => this.real.claim(entry));
  }
  look(entry: LedgerEntry): ReturnType<Ledger['look']> {
    return this.pass(() => this.real.look(entry));
  }
  settle(entry: LedgerEntry, fence: number, outcomeJson: string): Promise<boolean> {
    return this.pass(() => this.real.settle(entry, fence, outcomeJson));
  }
  release(entry: LedgerEntry, fence: number): Promise<void> {
    return this.pass(() => this.real.release(entry, fence));
  }

  private async pass<T>(work: () => Promise<T>): Promise<T> {
    const { fails } = this;
    const result = fails === 'before' ? undefined : await work();
    if (fails !== 'never') throw new LocalError('store_unavailable', 'away');
    return result as T;
  }
}

describe('a ledger that is away', () => {
  const failing = (handler?: ConstructorParameters<typeof KeyedCluster>[0]) => {
    const cluster = new KeyedCluster(handler);
    const ledger = new FailingLedger(cluster.view('a'));
    return { cluster, ledger, node: cluster.node('a', ledger), other: cluster.node('b') };
  };

  it.each(['before', 'after'] as const)(
    'experiment 6: nothing is run, which is said; the key works afterwards (%s)',
    async (fails) => {
      const { cluster, ledger, node, other } = failing();
      ledger.fails = fails;
      const refused = await keyedCall(node);
      expect(refused.reply.error).toBeInstanceOf(CapacityError);
      expect(refused.reply.answer?.error?.message).toContain('not run');
      expect(cluster.runs).toBe(0);
      ledger.fails = 'never';
      await cluster.clock.advance(1_000);
      expect(textOf(await keyedCall(other))).toBe('run 1');
      expect(node.failures).toEqual([]);
    },
  );

  it('experiment 6: calls without a key never notice', () => {
    const { ledger, node } = failing();
    ledger.fails = 'before';
    expect(textOf(node.stateless('tools/call', { name: 'write', arguments: {} }))).toBe('run 1');
  });

  it('experiment 6: a call that ran meanwhile is answered, and its outcome stored when the ledger is back', async () => {
    const { cluster, ledger, node, other } = failing(() => {
      ledger.fails = 'before';
      return 'ran';
    });
    expect(textOf(await keyedCall(node))).toBe('ran');
    await cluster.clock.advance(5_000);
    ledger.fails = 'never';
    const retry = await keyedCall(other);
    await cluster.clock.advance(1_100);
    expect(textOf(retry)).toBe('ran');
    expect([cluster.runs, node.failures]).toEqual([1, []]);
  });

  it('experiment 6: a call that waits is told that it was not run', async () => {
    const { cluster, ledger, node, other } = failing(() => new Promise(() => undefined));
    await keyedCall(other);
    const waiting = await keyedCall(node);
    ledger.fails = 'before';
    await cluster.clock.advance(100);
    expect(waiting.reply.error).toBeInstanceOf(CapacityError);
    expect(cluster.runs).toBe(1);
  });

  it('a full ledger: nothing is run', async () => {
    const clock = new VirtualClock();
    const node = new KeyedCluster().node('a', new MemoryLedger(clock, { entries: 0, outcomeBytes: 1 }));
    expect((await keyedCall(node)).reply.error).toMatchObject({ retryAfterSeconds: 60 });
  });
});
