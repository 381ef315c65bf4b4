import type { StatementSync } from 'node:sqlite';
import type { Database } from './store-file.js';
import type { Invalidations } from './store-request.js';

/** Longer than an entry is kept by an hour, which no load takes. */
const REMEMBERED_MS = 25 * 60 * 60_000;
/** The part that goes when there are too many. */
const FORGOTTEN_PART = 10;

/**
 * What was invalidated at which version. Bounded: of too many the oldest become a floor, and what was born below it is refused
 * whichever tags it has. So forgetting an invalidation loses entries, and never serves one that is wrong.
 */
export class InvalidationLog {
  private readonly database: Database;
  private readonly capacity: number;
  private readonly find: StatementSync;
  private readonly put: StatementSync;
  private count = 0;
  private floor = 0;
  private highest = 0;

  constructor(database: Database, capacity: number) {
    this.database = database;
    this.capacity = capacity;
    this.find = database.prepare('SELECT version FROM invalidations WHERE tag = ?');
    this.put = database.prepare(
      'INSERT INTO invalidations VALUES(?1, ?2, ?3) ON CONFLICT(tag) DO UPDATE SET version = max(version, ?2), at = ?3',
    );
    this.load();
  }

  /** The highest version that it knows of. */
  get newest(): number {
    return this.highest;
  }

  /** Whether what was born then, with such tags, has been invalidated. */
  covers(born: number, tags: readonly string[]): boolean {
    if (born <= this.floor) return true;
    if (born > this.highest) return false;
    return tags.some((tag) => born <= ((this.find.get(tag)?.['version'] as number | undefined) ?? 0));
  }

  add({ marks, floor }: Invalidations, now: number): void {
    for (const [tag, version] of marks) {
      if (this.find.get(tag) === undefined) this.count += 1;
      this.put.run(tag, version, now);
      this.highest = Math.max(this.highest, version);
    }
    if (floor > this.floor) this.raise(floor);
    if (this.count > this.capacity) this.raise(this.crowdedAt());
  }

  /** Drops what no entry can be old enough for any more. */
  forget(now: number): void {
    const { changes } = this.database.prepare('DELETE FROM invalidations WHERE at <= ?').run(now - REMEMBERED_MS);
    this.count -= Number(changes);
  }

  private load(): void {
    const row = this.database
      .prepare(
        `SELECT (SELECT count(*) FROM invalidations) AS count, (SELECT max(version) FROM invalidations) AS highest,
        (SELECT version FROM floor) AS floor`,
      )
      .get() as unknown as { count: number; highest: number | null; floor: number };
    this.count = row.count;
    this.floor = row.floor;
    this.highest = Math.max(row.highest ?? 0, row.floor);
  }

  /** The version up to which one in ten would go. */
  private crowdedAt(): number {
    const excess = this.count - this.capacity + Math.floor(this.capacity / FORGOTTEN_PART);
    const row = this.database
      .prepare('SELECT version FROM invalidations ORDER BY version LIMIT 1 OFFSET ?')
      .get(Math.min(excess, this.count - 1));
    return row?.['version'] as number;
  }

  private raise(floor: number): void {
    this.database.prepare('UPDATE floor SET version = ?').run(floor);
    const { changes } = this.database.prepare('DELETE FROM invalidations WHERE version <= ?').run(floor);
    this.count -= Number(changes);
    this.floor = floor;
    this.highest = Math.max(this.highest, floor);
  }
}
