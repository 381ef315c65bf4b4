import type { Clock } from '@mcp-cluster/kernel';
import type { Boarding, CacheEntry, CacheKey, CacheQuery, Flight, ResultCache } from '@mcp-cluster/protocol';

interface Kept {
  readonly key: CacheKey;
  readonly entry: CacheEntry<unknown>;
}

interface Flying {
  readonly passengers: Set<object>;
  readonly controller: AbortController;
  readonly entry: Promise<CacheEntry<unknown>>;
}

/** The plainest ResultCache: for tests of who uses one. */
export class PlainCache implements ResultCache {
  /** Keys that were looked for, oldest first. */
  readonly asked: CacheKey[] = [];
  loads = 0;
  private readonly kept = new Map<string, Kept>();
  private readonly flights = new Map<string, Flying>();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.kept.size;
  }

  peek<V>({ key }: CacheQuery<V>): CacheEntry<V> | undefined {
    this.asked.push(key);
    const found = this.kept.get(key.id)?.entry as CacheEntry<V> | undefined;
    return found !== undefined && found.freshUntil > this.clock.now() ? found : undefined;
  }

  board<V>(query: CacheQuery<V>, passenger: object): Boarding<V> {
    const { id } = query.key;
    let flying = this.flights.get(id);
    if (flying === undefined) {
      flying = this.begin(query);
      this.flights.set(id, flying);
    }
    const { passengers, controller, entry } = flying;
    passengers.add(passenger);
    const leave = (): void => {
      passengers.delete(passenger);
      if (passengers.size > 0 || this.flights.get(id)?.passengers !== passengers) return;
      this.flights.delete(id);
      controller.abort();
    };
    return { entry: entry as Promise<CacheEntry<V>>, leave };
  }

  reload<V>(query: CacheQuery<V>, passenger: object): Boarding<V> {
    this.kept.delete(query.key.id);
    return this.board(query, passenger);
  }

  invalidate(tags: readonly string[]): Promise<void> {
    for (const [id, { key }] of this.kept) if (key.tags.some((tag) => tags.includes(tag))) this.kept.delete(id);
    return Promise.resolve();
  }

  private begin(query: CacheQuery<unknown>): Flying {
    const passengers = new Set<object>();
    const controller = new AbortController();
    const entry = this.load(query, { passengers, signal: controller.signal }, passengers);
    // Whoever waits hears of it; nobody may.
    entry.catch(() => undefined);
    return { passengers, controller, entry };
  }

  private async load({ key, policy, load }: CacheQuery<unknown>, flight: Flight, own: object) {
    await Promise.resolve(); // so that the passenger who began it is aboard
    this.loads += 1;
    try {
      const { value, keep } = await load(flight);
      const entry = { value, freshUntil: this.clock.now() + (keep ? policy.ttlMs : 0) };
      if (keep && !flight.signal.aborted) this.kept.set(key.id, { key, entry });
      return entry;
    } finally {
      if (this.flights.get(key.id)?.passengers === own) this.flights.delete(key.id);
    }
  }
}
