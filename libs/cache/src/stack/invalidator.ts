import type { Background, Clock, Timer } from '@mcp-cluster/kernel';
import { EVERYTHING, type ClusterBus } from '@mcp-cluster/protocol';
import type { CacheObserver } from '../cache.observer.js';
import type { SharedTier } from '../tier/tier.js';
import type { DiskLevel } from './disk-level.js';
import type { Invalidations } from './invalidations.js';
import { patiently } from './patience.js';
import type { VersionClock } from './version-clock.js';

/** Whoever invalidates waits for the levels no longer than for any command (architecture.md). */
const PATIENCE_MS = 250;

/** Tags that the shared level was not told of: beyond it, it is told to forget everything. */
const MAX_OWED = 1_000;

/** While something is owed it is looked so often whether the shared level is back. */
const COLLECT_MS = 1_000;

/** Answers that a node that was away reads at most: of 5,000 invalidations each, all that the shared level remembers. */
const MAX_PAGES = 20;

interface Invalidation {
  readonly tags: readonly string[];
  readonly version: number;
}

export interface InvalidatorParts {
  readonly clock: Clock;
  readonly background: Background;
  readonly bus: ClusterBus;
  readonly observer: CacheObserver;
  readonly versions: VersionClock;
  readonly invalidations: Invalidations;
  readonly shared: SharedTier | undefined;
  readonly disk: DiskLevel | undefined;
  /** Told of what is invalidated now, before anything else is done. `undefined`: of all that there is. */
  readonly outdated: (tags: ReadonlySet<string> | undefined, version: number) => void;
}

/** Carries invalidations everywhere: into this process at once, then to the shared level, the other nodes and the disk. */
export class Invalidator {
  /** What the shared level was not told, since it was away. */
  private readonly owed = new Set<string>();
  private paying = false;
  /** While something is owed. */
  private collection: Timer | undefined;
  private closed = false;
  /** While this node's own word goes out: a bus tells its own node too, at once. */
  private speaking = false;
  /** The last version up to which the shared level was asked; where to go on. */
  private lastRead = 0;

  constructor(private readonly parts: InvalidatorParts) {}

  async invalidate(tags: readonly string[]): Promise<void> {
    if (tags.length === 0) return;
    const { disk, observer, versions } = this.parts;
    observer.invalidated(true);
    const own = versions.next();
    this.apply(tags, own);
    const version = (await this.tellShared(tags, own)) ?? own;
    this.spread(tags, version);
    await this.patiently(async () => disk?.invalidate(tags, version));
  }

  /** Another node's word, or one's own come back. */
  hear(tags: readonly string[], given: number): void {
    if (this.speaking) return;
    const { observer, shared, versions } = this.parts;
    // Where no shared level orders what happens, the other node's clock does not say what this one has loaded before.
    const version = shared?.available === true ? given : Math.max(given, versions.least());
    if (!this.apply(tags, version)) return;
    observer.invalidated(false);
    this.tellDisk([{ tags, version }]);
  }

  /** Events may have been missed: asks the shared level for them, and where that fails trusts nothing from before. */
  async resync(): Promise<void> {
    this.payDebts();
    if (await this.readMissed()) return;
    const { invalidations, outdated, versions } = this.parts;
    // Not by this clock: if it is ahead, nothing would be good until the others have come up.
    const version = versions.least();
    // What is loaded from now on is above it.
    versions.heard(version);
    invalidations.raiseFloor(version);
    outdated(undefined, version);
  }

  /** Asks the shared level for what was invalidated since the last that was heard of. @returns whether that is all */
  async readMissed(): Promise<boolean> {
    const { observer, shared } = this.parts;
    if (shared?.available !== true) return false;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const from = this.lastRead;
      const missed = await this.patiently(() => shared.invalidationsSince(from));
      if (missed === undefined) return false;
      const news = byVersion(missed).filter(({ tags, version }) => this.apply(tags, version));
      for (const _one of news) observer.invalidated(false);
      this.tellDisk(news);
      this.lastRead = missed.at(-1)?.version ?? from;
      if (this.lastRead === from) return true;
    }
    return false;
  }

  /** If the shared level answers, it is told what it was not told while it was away. */
  payDebts(): void {
    if (this.mayPay) this.parts.background.run('cache-invalidate', () => this.pay());
  }

  /** Pays what is owed, once: what the shared level is not told now it never will be. Never rejects. */
  async close(): Promise<void> {
    this.closed = true;
    this.collection?.cancel();
    await this.pay();
  }

  private get mayPay(): boolean {
    return this.owed.size > 0 && !this.paying && this.parts.shared?.available === true;
  }

  private async pay(): Promise<void> {
    if (!this.mayPay) return;
    const tags = [...this.owed];
    this.owed.clear();
    this.paying = true;
    const version = await this.tellShared(tags, this.parts.versions.least());
    this.paying = false;
    // What it was told it has ordered after all that was loaded until now, here and elsewhere.
    if (version !== undefined) this.spread(tags, version);
    if (this.owed.size > 0) return;
    this.collection?.cancel();
    this.collection = undefined;
  }

  /** Here, and over the bus. */
  private spread(tags: readonly string[], version: number): void {
    this.apply(tags, version);
    this.speaking = true;
    try {
      this.parts.bus.publish({ type: 'cache-invalidated', tags, version });
    } finally {
      this.speaking = false;
    }
  }

  /** @returns whether it was new */
  private apply(tags: readonly string[], version: number): boolean {
    const { invalidations, outdated, versions } = this.parts;
    versions.heard(version);
    const isNew = invalidations.apply(tags, version);
    if (isNew) outdated(new Set(tags), version);
    return isNew;
  }

  /** @returns the version that it gave; undefined when it was not told: then that is owed */
  private async tellShared(tags: readonly string[], version: number): Promise<number | undefined> {
    const { shared } = this.parts;
    if (shared === undefined) return undefined;
    const given = shared.available ? await this.patiently(() => shared.invalidate(tags, version)) : undefined;
    if (given === undefined) this.owe(tags);
    return given;
  }

  private owe(tags: readonly string[]): void {
    for (const tag of tags) this.owed.add(tag);
    if (this.owed.size > MAX_OWED) {
      this.owed.clear();
      this.owed.add(EVERYTHING);
    }
    // Not only when somebody asks the shared level: a node that finds all at hand may not ask it for long.
    if (this.closed) return;
    this.collection ??= this.parts.clock.every(COLLECT_MS, () => {
      this.payDebts();
    });
  }

  private tellDisk(news: readonly Invalidation[]): void {
    const { background, disk } = this.parts;
    if (disk === undefined || news.length === 0) return;
    background.run('cache-invalidate', async () => {
      for (const { tags, version } of news) await disk.invalidate(tags, version);
    });
  }

  private async patiently<T>(ask: () => Promise<T>): Promise<T | undefined> {
    const outcome = await patiently(this.parts.clock, { slowMs: PATIENCE_MS / 2, mostMs: PATIENCE_MS }, ask);
    return outcome.state === 'answered' ? outcome.answer : undefined;
  }
}

/** As they were made: of several tags at once. */
function byVersion(missed: readonly { readonly tag: string; readonly version: number }[]): Invalidation[] {
  const found: { tags: string[]; version: number }[] = [];
  for (const { tag, version } of missed) {
    const last = found.at(-1);
    if (last?.version === version) last.tags.push(tag);
    else found.push({ tags: [tag], version });
  }
  return found;
}
