import { Background, type Clock, type Rng } from '@mcp-cluster/kernel';
import type { Boarding, CacheEntry, CacheQuery, ClusterBus, ClusterEvent, ResultCache } from '@mcp-cluster/protocol';
import type { CacheObserver } from '../cache.observer.js';
import type { Held } from '../l1/held.js';
import { MEMORY_LIMITS, MemoryLevel, type MemoryLimits } from '../l1/memory-level.js';
import type { CacheSizes } from '../size-sampler.js';
import type { CacheTier, SharedTier, TierLevel, TierSize } from '../tier/tier.js';
import type { DiskLevel } from './disk-level.js';
import type { EntryCodec } from './entry-codec.js';
import { HitCounts, type HotEntry, type KeyHits } from './hit-counts.js';
import { Invalidations } from './invalidations.js';
import { Invalidator } from './invalidator.js';
import { Keeper } from './keeper.js';
import type { LevelGuard } from './level-guard.js';
import { levelsOf } from './levels.js';
import { Opener } from './opener.js';
import { patiently } from './patience.js';
import { Traffic } from './traffic.js';
import type { TripPlan } from './trip.js';
import { VersionClock } from './version-clock.js';
import { WakeUps } from './wake-ups.js';
import { WRITE_LIMITS, WriteBudget, type WriteLimits } from './write-budget.js';

/** After a refresh began none is begun for so long: a load that fails at once is not tried at each look. */
const REFRESH_PAUSE_MS = 1_000;

/** Whoever closes waits no longer than for any command (architecture.md). */
const CLOSE_MS = 250;

export interface CacheStackParts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
  readonly bus: ClusterBus;
  /** This life of this node: `<id>/<incarnation>`. */
  readonly owner: string;
  readonly observer: CacheObserver;
  readonly codec: EntryCodec;
  readonly memory?: Partial<MemoryLimits>;
  readonly writes?: Partial<WriteLimits>;
  /** Callers that may wait at once; default 10,000. */
  readonly maxPassengers?: number;
  readonly shared?: SharedTier | undefined;
  readonly disk?: CacheTier | undefined;
}

/**
 * The cache of one node: what this process holds (L1), what all nodes share (L2), what the disk has (L3), and one load for
 * all who ask where none of them has anything. Whatever goes wrong in a level is a miss that is counted.
 */
export class CacheStack implements ResultCache {
  private readonly l1: MemoryLevel;
  private readonly invalidations = new Invalidations();
  private readonly opener: Opener;
  private readonly traffic: Traffic;
  private readonly invalidator: Invalidator;
  private readonly guards: ReadonlyMap<TierLevel, LevelGuard>;
  private readonly wakeUps: WakeUps;
  private readonly counts: HitCounts;
  private readonly disk: DiskLevel | undefined;
  /** What goes on behind the callers and is waited for at the end: writes, claims, invalidations. */
  private readonly writes: Background;

  constructor(private readonly parts: CacheStackParts) {
    const { clock, bus, observer } = parts;
    const evicted = (): void => {
      observer.evicted();
    };
    this.l1 = new MemoryLevel(clock, { ...MEMORY_LIMITS, ...parts.memory }, evicted);
    this.counts = new HitCounts(this.l1);
    this.wakeUps = new WakeUps(clock);
    const { invalidations, l1, wakeUps } = this;
    const versions = new VersionClock(clock, parts.shared !== undefined);
    const opener = new Opener({ ...parts, invalidations, versions });
    const writes = new Background((name, error) => {
      parts.background.run(name, () => Promise.reject(error));
    });
    const behind = { ...parts, background: writes, versions };
    const { guards, shared, disk } = levelsOf({
      ...behind,
      answered: () => {
        this.invalidator.payDebts();
      },
      // Without other nodes nobody else has invalidated anything.
      catchUp: () => (parts.shared === undefined ? Promise.resolve(true) : this.invalidator.readMissed()),
    });
    this.disk = disk;
    this.writes = writes;
    const budget = new WriteBudget(writes, { ...WRITE_LIMITS, ...parts.writes });
    const keeper = new Keeper({ ...parts, l1, shared, disk, budget });
    const stale = (query: CacheQuery<unknown>, held: Held): void => {
      this.refreshBehind(query, held);
    };
    this.opener = opener;
    this.guards = guards;
    const forget = (id: string): Promise<void> => this.invalidator.invalidate([id]);
    const tripParts = { ...parts, versions, invalidations, opener, keeper, wakeUps, shared, disk, stale, forget };
    this.traffic = new Traffic(tripParts, parts.owner, parts.maxPassengers);
    const outdated = (tags: ReadonlySet<string> | undefined, version: number): void => {
      this.traffic.outdate(tags, version);
      if (tags === undefined) this.l1.clear();
    };
    this.invalidator = new Invalidator({ ...behind, invalidations, disk, shared: parts.shared, outdated });
    bus.subscribe((event) => {
      this.hear(event);
    });
  }

  peek<V>(query: CacheQuery<V>): CacheEntry<V> | undefined {
    const { key } = query;
    const { observer } = this.parts;
    const held = this.find(query);
    if (held?.fresh === true) {
      held.hits += 1;
      observer.looked('l1', key.type, 'hit');
      return held as CacheEntry<V>; // the key says what it is
    }
    if (held === undefined || held.standing(this.parts.clock.monotonic()) !== 'stale') {
      observer.looked('l1', key.type, 'miss');
      return undefined;
    }
    held.hits += 1;
    observer.looked('l1', key.type, 'stale');
    this.refreshBehind(query, held);
    return held as CacheEntry<V>;
  }

  board<V>(query: CacheQuery<V>, passenger: object): Boarding<V> {
    // It may have come since he peeked.
    const held = this.find(query);
    const standing = held?.standing(this.parts.clock.monotonic());
    if (held === undefined || (standing !== 'fresh' && standing !== 'stale'))
      return this.fly(query.key.id, query, passenger, { aside: held });
    if (standing === 'stale') this.refreshBehind(query, held);
    return { entry: Promise.resolve(held as CacheEntry<V>), leave: nothing };
  }

  /**
   * Forgets in the whole cluster what is kept, then loads. Callers who want the same anew meanwhile share one load; those
   * who do not have no part in it.
   */
  reload<V>(query: CacheQuery<V>, passenger: object): Boarding<V> {
    return this.fly(`${query.key.id} anew`, query, passenger, { anew: true });
  }

  /**
   * Looks further away and loads, for nobody yet, when no entry is at hand that is fresh for `aheadMs` more milliseconds.
   * @returns whether there is one then that was not before; never rejects
   */
  async refresh<V>(query: CacheQuery<V>, aheadMs = 0): Promise<boolean> {
    const { key, policy } = query;
    if (policy.ttlMs <= aheadMs || this.has(key.id, aheadMs)) return false;
    try {
      const entry = await this.traffic.launch(key.id, query, { aheadMs, aside: this.find(query) });
      return entry !== undefined && entry.freshUntil - this.parts.clock.now() > aheadMs;
    } catch {
      return false; // counted as a load that failed
    }
  }

  invalidate(tags: readonly string[]): Promise<void> {
    return this.invalidator.invalidate(tags);
  }

  /** Asks the shared level what was invalidated before this process began: its disk may be of an earlier life. Never rejects. */
  async catchUp(): Promise<void> {
    if (this.disk === undefined) await this.invalidator.readMissed();
    else await this.disk.catchUp();
  }

  /** Decodes an entry of the shared level into the first one. @returns whether it was good */
  async admit(bytes: Uint8Array): Promise<boolean> {
    const { codec, clock } = this.parts;
    try {
      const { meta, value } = await codec.decode(bytes, codec.readMeta(bytes));
      if (!this.invalidations.isNotKnownBad(meta.born, meta.tags)) return false;
      const held = this.opener.hold(meta, value, undefined);
      return held.standing(clock.monotonic()) !== 'over' && this.l1.put(held);
    } catch {
      return false;
    }
  }

  /** Whether the first level has an entry that is fresh for at least so many more milliseconds. */
  has(id: string, aheadMs = 0): boolean {
    const held = this.l1.peek(id);
    return held !== undefined && held.freshEnd - this.parts.clock.monotonic() > aheadMs && this.isGood(held);
  }

  drop(ids: readonly string[]): void {
    for (const id of ids) this.l1.delete(id);
  }

  /** Empties the first level: when memory is short. */
  clear(): void {
    this.l1.clear();
  }

  hottest(count: number): HotEntry[] {
    return this.counts.hottest(count);
  }

  takeHits(): KeyHits[] {
    return this.counts.take();
  }

  /** Levels that do not say are missing. */
  async sizes(): Promise<CacheSizes> {
    const { shared, disk } = this.parts;
    const [l2, l3] = await Promise.all([sizeOf(shared), sizeOf(disk)]);
    return { l1: this.l1.size, ...(l2 && { l2 }), ...(l3 && { l3 }) };
  }

  resting(level: TierLevel): boolean {
    return this.guards.get(level)?.resting === true;
  }

  /**
   * For a node that ends, before its levels are closed: gives up its claims, tells the shared level what it was not told
   * yet, and lets what is being written be written, for at most `ms` milliseconds. Never rejects.
   */
  async close(ms = CLOSE_MS): Promise<void> {
    const { writes, invalidator } = this;
    this.traffic.outdate(undefined, Number.POSITIVE_INFINITY);
    await patiently(this.parts.clock, { slowMs: ms / 2, mostMs: ms }, async () => {
      await Promise.all([invalidator.close(), writes.drain()]);
      await writes.drain(); // what those have begun: a write that fails gives its claim up
    });
    this.l1.close();
  }

  /** What is at hand and not invalidated, however old. */
  private find({ key }: CacheQuery<unknown>): Held | undefined {
    const held = this.l1.get(key.id);
    if (held === undefined) return undefined;
    if (held.generation !== this.invalidations.generation && !this.isGood(held)) {
      this.l1.delete(key.id);
      return undefined;
    }
    return held.owner === key.owner ? held : undefined;
  }

  private isGood(held: Held): boolean {
    const { born, tags } = held.meta;
    if (!this.invalidations.isGood(born, tags, held.generation)) return false;
    held.generation = this.invalidations.generation;
    return true;
  }

  private fly<V>(name: string, query: CacheQuery<V>, passenger: object, plan: TripPlan): Boarding<V> {
    const place = this.traffic.board(name, query, passenger, plan);
    return place as Boarding<V>; // the key says what it is
  }

  private refreshBehind(query: CacheQuery<unknown>, held: Held): void {
    const { background, clock } = this.parts;
    const now = clock.monotonic();
    if (now < held.refreshAt) return;
    held.refreshAt = now + REFRESH_PAUSE_MS;
    background.run('cache-refresh', async () => {
      // The flight that found it has to end first.
      await this.traffic.landed(query.key.id);
      await this.refresh(query);
    });
  }

  private hear(event: ClusterEvent): void {
    if (event.type === 'cache-invalidated') this.invalidator.hear(event.tags, event.version);
    else if (event.type === 'cache-settled') this.wakeUps.wake(event.id);
    else if (event.type === 'resync') this.parts.background.run('cache-resync', () => this.invalidator.resync());
  }
}

async function sizeOf(tier: CacheTier | undefined): Promise<TierSize | undefined> {
  return tier?.size().catch(() => undefined);
}

function nothing(): void {
  // There is no flight to leave.
}
