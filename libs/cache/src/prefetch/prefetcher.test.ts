import { Background } from '@mcp-cluster/kernel';
import type { CacheQuery } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { LOGGED_ACCESSES } from './access-log.js';
import { LATER_MS } from './prefetch-queue.js';
import type { PrefetchStack } from './prefetch-stack.js';
import { ANALYSED_AT_ONCE, ANALYSIS_DELAY_MS, Prefetcher } from './prefetcher.js';
import { HOUR_MS } from './patterns/hour-patterns.js';
import { WARM_CHECK_MS } from './warm-set.js';

/** A cache whose loads end when the test says so. */
class FakeStack implements PrefetchStack {
  readonly fresh = new Map<string, number>();
  readonly refreshed: string[] = [];
  readonly dropped: string[] = [];
  inL1: string[] = [];
  /** While it is false loads wait for `settle`. */
  instant = true;
  works = true;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly clock: VirtualClock) {}

  has(id: string, aheadMs: number): boolean {
    return (this.fresh.get(id) ?? 0) > this.clock.monotonic() + aheadMs;
  }

  async refresh<V>({ key: { id }, policy }: CacheQuery<V>): Promise<boolean> {
    this.refreshed.push(id);
    if (!this.instant) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.works) this.fresh.set(id, this.clock.monotonic() + policy.ttlMs);
    return this.works;
  }

  settle(): void {
    this.waiting.shift()?.();
  }

  hottest(count: number): { id: string }[] {
    return this.inL1.slice(0, count).map((id) => ({ id }));
  }

  drop(ids: readonly string[]): void {
    this.dropped.push(...ids);
  }
}

const GAP_MS = 120_000;
let clock: VirtualClock;
let stack: FakeStack;
let background: Background;
let pressed: boolean;
let prefetcher: Prefetcher;

beforeEach(() => {
  clock = new VirtualClock(1_793_491_200_000 + 60_000);
  stack = new FakeStack(clock);
  pressed = false;
  background = new Background((name, error) => {
    throw new Error(name, { cause: error });
  });
  prefetcher = new Prefetcher({ stack, clock, background, pressure: () => pressed });
  prefetcher.start();
});

function query(id: string, ttlMs = 30_000, owner = ''): CacheQuery<string> {
  return {
    key: { id, type: 'resource', space: 'notes', scope: owner === '' ? 'public' : 'private', owner, tags: [] },
    policy: { ttlMs, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 },
    load: () => Promise.resolve({ value: id, keep: true }),
  };
}

function ask(id: string, who = 'me', prefetchable = true): void {
  prefetcher.accessed(query(id), who, prefetchable);
}

/** Calls that nothing can be learned from, so that there is a budget. */
async function load(calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) prefetcher.accessed(query('noise'), undefined, false);
  await clock.advance(ANALYSIS_DELAY_MS);
}

async function teach(first: string, second: string, times: number, prefetchable = true): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    ask(first);
    await clock.advance(1_000);
    ask(second, 'me', prefetchable);
    await clock.advance(GAP_MS);
  }
  stack.refreshed.length = 0;
  stack.fresh.clear();
}

describe('P07: prefetch', () => {
  it('makes what follows for sure at once, and counts one hit', async () => {
    await teach('a', 'b', 10);
    await load(100);
    const before = prefetcher.stats();
    ask('a');
    expect(stack.refreshed).toEqual([]);
    await clock.advance(ANALYSIS_DELAY_MS);
    expect(stack.refreshed).toEqual(['b']);
    ask('b');
    ask('b');
    await clock.advance(ANALYSIS_DELAY_MS);
    const after = prefetcher.stats();
    expect(after.results.loaded - before.results.loaded).toBe(1);
    expect(after.used - before.used).toBe(1);
  });

  it('makes what may follow in five seconds, unless it is at hand by then', async () => {
    await teach('a', 'b', 5);
    await load(100);
    ask('a');
    await clock.advance(ANALYSIS_DELAY_MS + LATER_MS - 1);
    expect(stack.refreshed).toEqual([]);
    await clock.advance(1);
    expect(stack.refreshed).toEqual(['b']);
    stack.fresh.clear();
    await clock.advance(GAP_MS);
    await load(100);
    const { skipped } = prefetcher.stats();
    ask('a');
    await clock.advance(1_000);
    stack.fresh.set('b', Number.POSITIVE_INFINITY);
    await clock.advance(LATER_MS);
    expect(stack.refreshed).toEqual(['b']);
    expect(prefetcher.stats().skipped.fresh).toBe(skipped.fresh + 1);
  });

  it('makes nothing that its declaration does not allow', async () => {
    await teach('a', 'b', 20, false);
    await load(100);
    ask('a');
    await clock.advance(LATER_MS * 2);
    expect(stack.refreshed).toEqual([]);
    expect(prefetcher.stats().recipes).toBe(1); // of a
  });

  it('counts waste: what expires and was not asked for', async () => {
    await teach('a', 'b', 10);
    await load(100);
    const { wasted } = prefetcher.stats();
    ask('a');
    await clock.advance(30_000 + 2 * WARM_CHECK_MS);
    expect(prefetcher.stats().wasted).toBe(wasted + 1);
  });

  it('is off under pressure, and without a budget', async () => {
    await teach('a', 'b', 10);
    await clock.advance(400_000);
    ask('a');
    await clock.advance(ANALYSIS_DELAY_MS);
    expect(prefetcher.stats().skipped.budget).toBeGreaterThan(0);
    pressed = true;
    await load(100);
    await clock.advance(GAP_MS);
    ask('a');
    await clock.advance(ANALYSIS_DELAY_MS);
    expect(stack.refreshed).toEqual([]);
    expect(prefetcher.stats().skipped.pressure).toBe(1);
  });

  it('runs four at once, the next when one has ended, and gives up what waited too long', async () => {
    stack.instant = false;
    for (const follower of ['b1', 'b2', 'b3', 'b4', 'b5', 'b6']) await teach(`a${follower}`, follower, 10);
    // What was begun while it was taught has to end.
    for (let one = 0; one < 100; one += 1) stack.settle();
    await clock.advance(GAP_MS);
    stack.fresh.clear();
    stack.refreshed.length = 0;
    await load(100);
    for (const n of ['1', '2', '3', '4', '5', '6']) ask(`ab${n}`, `caller ${n}`);
    await clock.advance(ANALYSIS_DELAY_MS);
    expect(stack.refreshed).toHaveLength(4);
    expect(prefetcher.stats()).toMatchObject({ running: 4, queued: 2 });
    stack.settle();
    await clock.advance(0);
    expect(stack.refreshed).toHaveLength(5);
    await clock.advance(WARM_CHECK_MS);
    expect(prefetcher.stats()).toMatchObject({ running: 4, queued: 0 });
    expect(prefetcher.stats().skipped.late).toBe(1);
  });

  it('does not try again what could not be made until somebody has asked for it', async () => {
    await teach('a', 'b', 10);
    await load(200);
    stack.works = false;
    const { results } = prefetcher.stats();
    for (const who of ['x', 'y']) {
      ask('a', who);
      await clock.advance(ANALYSIS_DELAY_MS);
    }
    expect(stack.refreshed).toEqual(['b']);
    expect(prefetcher.stats().results.nothing).toBe(results.nothing + 1);
    expect(prefetcher.stats().skipped.no_recipe).toBe(1);
  });

  it('makes one entry for all who are likely to ask for it', async () => {
    await teach('a', 'b', 10);
    await load(100);
    stack.instant = false;
    for (const who of ['x', 'y', 'z']) {
      ask('a', who);
      await clock.advance(ANALYSIS_DELAY_MS);
    }
    expect(stack.refreshed).toEqual(['b']);
    expect(prefetcher.stats()).toMatchObject({ running: 1, queued: 0 });
  });

  it('reads a burst bit by bit, and takes for no sequence what has lost its middle', async () => {
    for (let time = 0; time < 10; time += 1) {
      ask('a');
      await clock.advance(ANALYSIS_DELAY_MS);
      for (let call = 0; call < LOGGED_ACCESSES; call += 1) prefetcher.accessed(query('noise'), undefined, true);
      ask(time % 2 === 0 ? 'b' : 'c');
      await clock.advance((LOGGED_ACCESSES / ANALYSED_AT_ONCE + 1) * ANALYSIS_DELAY_MS);
    }
    expect(prefetcher.stats()).toMatchObject({ accesses: 10 * (LOGGED_ACCESSES + 2), lost: 10, recipes: 4 });
    // Of b and c with the a after them, never of a with what came after the gap.
    expect(prefetcher.stats().sequences).toBe(2);
  });

  it('lives on when the pressure cannot be read', async () => {
    const failures: string[] = [];
    const own = new Background((name) => failures.push(name));
    prefetcher.stop();
    prefetcher = new Prefetcher({
      stack,
      clock,
      background: own,
      pressure: () => {
        throw new Error('no reading');
      },
    });
    prefetcher.start();
    await teach('a', 'b', 9);
    ask('a');
    await clock.advance(ANALYSIS_DELAY_MS);
    expect(failures).toContain('prefetch-analysis');
    expect(stack.refreshed).toEqual([]);
    expect(prefetcher.stats().accesses).toBe(19);
  });

  it('keeps warm what was used most in the last hour, before it expires, and drops the least used tenth', async () => {
    const hot = query('hot', 600_000);
    stack.inL1 = [...Array.from({ length: 19 }, (_, id) => `entry ${String(id)}`), 'hot'];
    for (let minute = 0; minute < 60; minute += 1) {
      for (let key = 0; key < 4; key += 1) if (minute === 0) ask(`cold ${String(key)}`);
      prefetcher.accessed(hot, undefined, true);
      await clock.advance(60_000);
    }
    expect(prefetcher.stats()).toMatchObject({ warm: 1, dropped: 1 });
    expect(stack.dropped).toEqual(['entry 18']);
    await load(200);
    stack.fresh.set('hot', clock.monotonic() + 2 * 60_000);
    await clock.advance(60_000);
    expect(stack.refreshed).not.toContain('hot');
    for (let check = 0; check < 30; check += 1) {
      expect(stack.has('hot', 0)).toBe(true);
      await clock.advance(5_000);
    }
    expect(stack.refreshed).toContain('hot');
  });

  it('makes what was asked for in this hour each day as the hour begins', async () => {
    const report = query('report', HOUR_MS);
    for (let day = 0; day < 4; day += 1) {
      for (let time = 0; time < 5; time += 1) prefetcher.accessed(report, undefined, true);
      await clock.advance(23 * HOUR_MS + 58 * 60_000);
      expect(stack.refreshed).toEqual([]);
      await load(100);
      await clock.advance(2 * 60_000);
      if (day < 3) {
        stack.refreshed.length = 0;
        stack.fresh.clear();
      }
    }
    expect(stack.refreshed).toEqual(['report']);
  });

  it('costs nothing before it is started, forgets all when it is stopped, and leaves no timer', async () => {
    await teach('a', 'b', 10);
    ask('a');
    prefetcher.stop();
    ask('a');
    expect(prefetcher.stats()).toMatchObject({ accesses: 0, recipes: 0, sequences: 0, queued: 0 });
    expect(clock.pending).toBe(0);
    prefetcher.start();
    prefetcher.start();
    expect(clock.pending).toBe(1);
    ask('a');
    await clock.advance(ANALYSIS_DELAY_MS);
    expect(prefetcher.stats()).toMatchObject({ accesses: 1, recipes: 1 });
  });
});
