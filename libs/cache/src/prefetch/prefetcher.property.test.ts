import { Background, randomInt, seededRng } from '@mcp-cluster/kernel';
import type { CacheQuery } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LOGGED_ACCESSES } from './access-log.js';
import { BUDGET_WINDOW_MS, MAX_AT_ONCE } from './budget.js';
import { MAX_SUCCESSORS } from './patterns/followed-key.js';
import { MAX_KEYS_OF_AN_HOUR } from './patterns/hour-patterns.js';
import { MAX_FOLLOWED } from './patterns/sequence-patterns.js';
import { LATER_MS, MAX_QUEUED, PATIENCE_MS } from './prefetch-queue.js';
import { ANALYSED_AT_ONCE, ANALYSIS_DELAY_MS, Prefetcher } from './prefetcher.js';
import { MAX_RECIPES } from './recipes.js';

function query(id: string, owner = '', ttlMs = 1_000): CacheQuery<string> {
  return {
    key: { id, type: 'resource', space: 'notes', scope: owner === '' ? 'public' : 'private', owner, tags: [] },
    policy: { ttlMs, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 },
    load: () => Promise.resolve({ value: id, keep: true }),
  };
}

interface Begun {
  readonly at: number;
  readonly query: CacheQuery<unknown>;
}

/** With a stack that never has anything, whose loads take a while and fail now and then. */
function setUp() {
  const clock = new VirtualClock();
  const rng = seededRng(3);
  const begun: Begun[] = [];
  let running = 0;
  let most = 0;
  const background = new Background((_, error) => {
    throw error;
  });
  const stack = {
    has: () => false,
    refresh: async (one: CacheQuery<unknown>) => {
      begun.push({ at: clock.monotonic(), query: one });
      most = Math.max(most, (running += 1));
      await new Promise<void>((resolve) => void clock.after(randomInt(rng, 3_000), resolve));
      running -= 1;
      return rng.next() < 0.9;
    },
    hottest: () => [],
    drop: () => undefined,
  };
  const prefetcher = new Prefetcher({ stack, clock, background, pressure: () => false });
  prefetcher.start();
  return { clock, prefetcher, begun, mostAtOnce: () => most };
}

it('P07: whatever the load, no more begins than a tenth of the calls, only what is allowed, and four at once', async () => {
  const burst = fc.record({
    pause: fc.oneof(fc.nat(2_000), fc.nat(100_000), fc.constant(BUDGET_WINDOW_MS)),
    rounds: fc.nat(40),
    callers: fc.integer({ min: 1, max: 4 }),
  });
  let begunInAll = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(burst, { minLength: 1, maxLength: 12 }), async (bursts) => {
      const { clock, prefetcher, begun, mostAtOnce } = setUp();
      const calls: number[] = [];
      const call = async (id: string, who: string, allowed: boolean, owner = ''): Promise<void> => {
        prefetcher.accessed(query(id, owner), who, allowed);
        calls.push(clock.monotonic());
        await clock.advance(ANALYSIS_DELAY_MS);
      };
      for (const { pause, rounds, callers } of bursts) {
        for (let round = 0; round < rounds; round += 1) {
          const who = `caller ${String(round % callers)}`;
          await call('a', who, true);
          await call('b', who, true);
          await call('not allowed', who, false);
          await call(`own ${who}`, who, true, who);
        }
        await clock.advance(pause);
      }
      for (const { at } of begun) {
        // A call counts when it is analysed: it is in the window for so long after it has left it.
        const since = at - BUDGET_WINDOW_MS - ANALYSIS_DELAY_MS;
        const load = calls.filter((time) => time > since && time <= at).length;
        const inWindow = begun.filter((one) => one.at > at - BUDGET_WINDOW_MS && one.at <= at).length;
        expect(inWindow).toBeLessThanOrEqual(load / 10);
      }
      expect(begun.map((one) => one.query.key.id)).not.toContain('not allowed');
      expect(mostAtOnce()).toBeLessThanOrEqual(MAX_AT_ONCE);
      prefetcher.stop();
      begunInAll += begun.length;
    }),
    { numRuns: 40 },
  );
  expect(begunInAll).toBeGreaterThan(100);
});

it('S7, P07: a private entry is made ahead of time only after a call of its own principal', async () => {
  const { clock, prefetcher, begun } = setUp();
  const rng = seededRng(11);
  const active = new Map<string, number>();
  const madeFor = new Set<string>();
  // All learn; then some go, whose keys nobody may bring back, though all go on with the keys that they share.
  for (const callers of [6, 6, 6, 3, 1]) {
    for (let round = 0; round < 400; round += 1) {
      const who = `caller ${String(randomInt(rng, callers))}`;
      for (const id of ['shared', 'own', 'shared too', 'own too']) {
        const owner = id.startsWith('own') ? who : '';
        active.set(who, clock.monotonic());
        prefetcher.accessed(query(`${id} ${owner}`, owner), who, true);
        await clock.advance(ANALYSIS_DELAY_MS + 10);
        for (const one of begun.splice(0)) {
          const { owner: whose } = one.query.key;
          if (whose === '') continue;
          madeFor.add(whose);
          // Five seconds and ten of waiting for a place at most.
          expect(one.at - (active.get(whose) ?? -Infinity)).toBeLessThanOrEqual(LATER_MS + PATIENCE_MS + 100);
        }
      }
    }
  }
  expect(madeFor.size).toBe(6);
});

it('P07: memory stays in its bounds under 1,000,000 random accesses', async () => {
  const { clock, prefetcher } = setUp();
  const rng = seededRng(5);
  const batch = 2 * ANALYSED_AT_ONCE;
  for (let done = 0; done < 1_000_000; done += batch) {
    for (let one = 0; one < batch; one += 1) {
      const owner = rng.next() < 0.3 ? `owner ${String(randomInt(rng, 5_000))}` : '';
      const id = `${owner} ${String(Math.floor(50_000 * rng.next() ** 4))}`;
      prefetcher.accessed(query(id, owner, 3_600_000), `who ${String(randomInt(rng, 5_000))}`, rng.next() < 0.8);
    }
    // Half of what comes is read: the log overflows.
    await clock.advance(ANALYSIS_DELAY_MS);
    const { recipes, sequences, hours, queued } = prefetcher.stats();
    expect(recipes).toBeLessThanOrEqual(MAX_RECIPES);
    expect(sequences).toBeLessThanOrEqual(MAX_FOLLOWED * MAX_SUCCESSORS);
    expect(hours).toBeLessThanOrEqual(24 * MAX_KEYS_OF_AN_HOUR);
    expect(queued).toBeLessThanOrEqual(MAX_QUEUED);
  }
  const { accesses, lost } = prefetcher.stats();
  expect(accesses).toBe(1_000_000);
  expect(lost).toBeGreaterThan(1_000_000 / 2 - 2 * LOGGED_ACCESSES);
}, 60_000);
