import { LocalError, type Clock, type Timer } from '@mcp-cluster/kernel';
import { NotShareable, type CacheEntry, type CacheQuery, type Flight, type Loaded } from '@mcp-cluster/protocol';
import type { CacheObserver, LoadResult } from '../cache.observer.js';
import type { Held } from '../l1/held.js';
import type { ClaimRequest, EntryMeta } from '../tier/tier.js';
import type { Claim } from './claim.js';
import type { DiskLevel } from './disk-level.js';
import type { Invalidations } from './invalidations.js';
import type { Keeper } from './keeper.js';
import type { Opener } from './opener.js';
import type { SharedLevel } from './shared-level.js';
import type { VersionClock } from './version-clock.js';
import type { WakeUps } from './wake-ups.js';

/** Between two looks for what another node loads: its word over the bus usually comes first. */
const FIRST_POLL_MS = 25;
const LONGEST_POLL_MS = 250;

/**
 * A load is joined for at most so long after it began, and another node's is waited for no longer: more than nearly all
 * calls that are cached take, and one that hangs for ever is one bad half minute of its key.
 */
export const MAX_BOARDED_MS = 30_000;

export interface TripParts {
  readonly clock: Clock;
  readonly observer: CacheObserver;
  readonly versions: VersionClock;
  readonly invalidations: Invalidations;
  readonly opener: Opener;
  readonly keeper: Keeper;
  readonly wakeUps: WakeUps;
  readonly shared: SharedLevel | undefined;
  readonly disk: DiskLevel | undefined;
  /** Told of an entry that is given out beyond its time. */
  readonly stale: (query: CacheQuery<unknown>, held: Held) => void;
  /** Forgets the entry of this id in the whole cluster. Never rejects. */
  readonly forget: (id: string) => Promise<void>;
  /** Told of a flight whose load has run for MAX_BOARDED_MS. */
  readonly overdue: (flight: Flight) => void;
}

export interface TripPlan {
  /** Nothing is looked up: what is kept is forgotten everywhere, then loaded. */
  readonly anew?: boolean;
  /** Only an entry that is fresh for so many more milliseconds is of use. Undefined: a stale one is given out, too. */
  readonly aheadMs?: number;
  /** An entry that is given out if the load fails. */
  readonly aside?: Held | undefined;
}

/** What one flight does: looks further and further away, and loads where nothing is found. */
export class Trip {
  /** The version of what it brings, or loads now; undefined while it looks. */
  private bornAt: number | undefined;
  private claim: Claim | undefined;
  private aside: Held | undefined;
  /** By the shared level, as far as it was heard. */
  private invalidatedAt: number | undefined;
  /** When the load began, monotonic milliseconds, while it runs. */
  private loadingSince: number | undefined;
  private patience: Timer | undefined;

  /** @param request its own claims: no other flight of this node has the same owner */
  constructor(
    private readonly parts: TripParts,
    readonly query: CacheQuery<unknown>,
    private readonly flight: Flight,
    private readonly request: ClaimRequest,
    private readonly plan: TripPlan,
  ) {
    this.aside = plan.aside;
  }

  get born(): number | undefined {
    return this.bornAt;
  }

  async run(): Promise<CacheEntry<unknown>> {
    const { signal } = this.flight;
    const forsake = (): void => {
      this.ended('abandoned');
      this.outdate();
    };
    signal.addEventListener('abort', forsake, { once: true });
    try {
      const isKept = this.query.policy.ttlMs > 0;
      if (isKept && this.plan.anew === true) await this.parts.forget(this.query.key.id);
      const found = isKept && this.plan.anew !== true ? await this.lookUp() : undefined;
      return found ?? (await this.load());
    } finally {
      signal.removeEventListener('abort', forsake);
      this.outdate();
    }
  }

  /** What this claim brings is not kept: others may load the key. */
  outdate(): void {
    this.claim?.giveUp();
    this.claim = undefined;
  }

  /** @returns an entry to give out; undefined when this trip has to load */
  private async lookUp(): Promise<Held | undefined> {
    const { clock, observer, shared, wakeUps } = this.parts;
    const { key } = this.query;
    const { signal } = this.flight;
    const until = clock.monotonic() + MAX_BOARDED_MS;
    let looked = false;
    let cleared = false;
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(2 * pollMs, LONGEST_POLL_MS)) {
      const finding = await shared?.fetch(key, this.request);
      if (finding?.state === 'claimed') this.claim = finding.claim;
      if (finding !== undefined) this.invalidatedAt = finding.invalidatedAt;
      signal.throwIfAborted();
      if (finding?.state === 'hit') {
        const found = await this.open(finding.bytes);
        if (found !== 'bad' || cleared) return this.use(found);
        // Out of the way, so that one node may load it and not all.
        cleared = true;
        await shared?.delete(key.id);
        continue;
      }
      if (!looked) {
        looked = true;
        if (finding !== undefined) observer.looked('l2', key.type, 'miss');
        const found = await this.lookOnDisk();
        if (found !== undefined) return found;
        // It was outdated meanwhile: a load by it would be in vain.
        if (finding?.state === 'claimed' && this.claim !== finding.claim) continue;
        if (finding?.state === 'taken') observer.waited('cluster');
      }
      const leftMs = until - clock.monotonic();
      if (finding?.state !== 'taken' || leftMs <= 0) return undefined;
      await wakeUps.wait(key.id, Math.min(pollMs, leftMs), signal);
    }
  }

  private async open(bytes: Uint8Array): Promise<Held | 'bad'> {
    const { invalidatedAt } = this;
    const { aheadMs } = this.plan;
    return (await this.parts.opener.open(this.query, { level: 'l2', bytes, invalidatedAt, aheadMs })) ?? 'bad';
  }

  private async lookOnDisk(): Promise<Held | undefined> {
    const { disk, observer, opener, keeper } = this.parts;
    const { key } = this.query;
    if (disk?.keeps(key.type) !== true) return undefined;
    const answer = await disk.get(key);
    this.flight.signal.throwIfAborted();
    if (answer === undefined) return undefined;
    const { bytes } = answer;
    if (bytes === undefined) {
      observer.looked('l3', key.type, 'miss');
      return undefined;
    }
    const { invalidatedAt } = this;
    const held = await opener.open(this.query, { level: 'l3', bytes, invalidatedAt, aheadMs: this.plan.aheadMs });
    if (held === undefined) {
      await disk.delete(key.id);
      return undefined;
    }
    const used = this.use(held);
    if (used?.fresh === true && this.claim !== undefined) {
      keeper.promote(held.meta, bytes, this.claim);
      this.claim = undefined;
    }
    return used;
  }

  /** Promotes what was found. @returns it, if it may be given out */
  private use(found: Held | 'bad'): Held | undefined {
    const { clock, invalidations, keeper, stale } = this.parts;
    if (found === 'bad') return undefined;
    const { born, tags } = found.meta;
    // Since it was opened.
    if (!invalidations.isGood(born, tags, found.generation)) return undefined;
    keeper.hold(found);
    const at = clock.monotonic();
    const { aheadMs } = this.plan;
    const isStale = aheadMs === undefined && found.standing(at) === 'stale';
    if (isStale || found.freshEnd - at > (aheadMs ?? 0)) {
      this.bornAt = born;
      if (isStale) stale(this.query, found);
      return found;
    }
    if (this.aside === undefined || born > this.aside.meta.born) this.aside = found;
    return undefined;
  }

  private async load(): Promise<CacheEntry<unknown>> {
    const { clock, overdue, versions } = this.parts;
    this.flight.signal.throwIfAborted();
    this.bornAt = this.claim?.version ?? versions.least();
    this.loadingSince = clock.monotonic();
    this.patience = clock.after(MAX_BOARDED_MS, () => {
      overdue(this.flight);
    });
    try {
      // A load in plain JavaScript may give anything.
      const loaded = (await this.query.load(this.flight)) as Loaded<unknown> | null | undefined;
      if (typeof loaded !== 'object' || loaded === null)
        throw new LocalError('cache_load_empty', 'a load brought nothing');
      return this.take(loaded, this.bornAt);
    } catch (thrown) {
      this.ended('error');
      const rescue = this.rescue(thrown);
      if (rescue === undefined) throw thrown;
      return rescue;
    }
  }

  private take({ value, keep }: Loaded<unknown>, born: number): CacheEntry<unknown> {
    const { clock, invalidations, keeper, observer, opener } = this.parts;
    const { key, policy } = this.query;
    const now = clock.now();
    // Half of what was stopped may look like the whole; and a negative result is not kept.
    const mayKeep = keep && !this.flight.signal.aborted && value !== undefined && value !== null && policy.ttlMs > 0;
    this.ended(mayKeep ? 'ok' : 'unkept');
    if (!mayKeep) return { value, freshUntil: now };
    if (!invalidations.isGood(born, key.tags)) {
      observer.wrote('l1', 'refused');
      return { value, freshUntil: now };
    }
    const held = opener.hold(metaOf(this.query, born, now), value, policy);
    keeper.keep(held, this.claim);
    this.claim = undefined;
    return held;
  }

  /** An old entry in the place of a load that failed, if there is one that may be. */
  private rescue(thrown: unknown): Held | undefined {
    const { clock, invalidations, observer } = this.parts;
    const { aside } = this;
    if (aside === undefined || thrown instanceof NotShareable || this.flight.signal.aborted) return undefined;
    const { born, tags, type } = aside.meta;
    if (clock.monotonic() >= Math.max(aside.freshEnd, aside.errorEnd) || born <= (this.invalidatedAt ?? 0))
      return undefined;
    if (!invalidations.isGood(born, tags, aside.generation)) return undefined;
    observer.rescued(type);
    this.bornAt = born;
    return aside;
  }

  /** Told once, when it is known. */
  private ended(result: LoadResult): void {
    if (this.loadingSince === undefined) return;
    this.patience?.cancel();
    const { clock, observer } = this.parts;
    observer.loaded(this.query.key.type, result, (clock.monotonic() - this.loadingSince) / 1_000);
    this.loadingSince = undefined;
  }
}

function metaOf({ key, policy }: CacheQuery<unknown>, born: number, now: number): EntryMeta {
  const { id, type, space, scope, owner, tags } = key;
  const freshUntil = Math.floor(now + policy.ttlMs);
  const staleUntil = Math.floor(freshUntil + policy.staleWhileRevalidateMs);
  const errorUntil = Math.floor(freshUntil + policy.staleIfErrorMs);
  return { id, type, space, scope, owner, tags, born, freshUntil, staleUntil, errorUntil };
}
