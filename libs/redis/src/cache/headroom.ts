import type { Background, Clock } from '@mcp-cluster/kernel';
import type { Script, Store } from '../connection/store.js';

/** Milliseconds between two looks: writes of some seconds do not fill a Redis that has a third left. */
const LOOK_EVERY_MS = 5_000;
/** Of `maxmemory`. The rest is for those who cannot do without: sessions, streams, claims of calls. */
const MOST_USED = 0.7;

/** Returns used bytes, the bound (0: none) and the eviction policy. */
const MEMORY: Script = {
  name: 'cache-memory',
  source: `local info = redis.call('INFO', 'memory')
local function read(name) return string.match(info, name .. ':(%S+)') or '0' end
return { tonumber(read('used_memory')), tonumber(read('maxmemory')), read('maxmemory_policy') }`,
};

/**
 * Keeps the cache from filling a Redis that does not evict: where the state is in the same one, a full Redis takes no
 * session any more. One that evicts makes its own room, and one without a bound says nothing.
 */
export class Headroom {
  private tight = false;
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly background: Background,
  ) {}

  /** Whether an entry may be written, by what the last look said; asks for the next one when it is time. */
  get allows(): boolean {
    const now = this.clock.monotonic();
    if (now - this.lookedAt >= LOOK_EVERY_MS) {
      this.lookedAt = now;
      this.background.run('cache-memory', () => this.look());
    }
    return !this.tight;
  }

  private async look(): Promise<void> {
    try {
      const [used, most, policy] = (await this.store.run(MEMORY, [], [])) as [number, number, string];
      this.tight = policy === 'noeviction' && most > 0 && used > MOST_USED * most;
    } catch {
      // The level tells of itself that it fails; a Redis that forbids INFO is taken to have room.
      this.tight = false;
    }
  }
}
