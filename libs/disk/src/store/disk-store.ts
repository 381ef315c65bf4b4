import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { InvalidationLog } from './invalidation-log.js';
import { prepareStatements, type EntryRow, type Statements } from './store-statements.js';
import {
  boundsOf,
  openFile,
  pragma,
  type Database,
  type OpenDatabase,
  type OpenedFile,
  type StoreBounds,
} from './store-file.js';
import { StoreFault } from './store-fault.js';
import type { Invalidations, StoreEntry } from './store-request.js';

const MINUTE_MS = 60_000;
/** P06. */
const LONGEST_MS = 24 * 60 * MINUTE_MS;
/** Being used is written down at most so often an entry: reading costs no writing then, and the order of use is right to this. */
const USED_MS = 10 * MINUTE_MS;
/** Entries that go in one step to make room: of small ones a step frees a page or two. */
const EVICTED_AT_ONCE = 8;
/** Entries removed, or looked at, in one piece of cleaning up: about 2 ms, which those who read then wait. */
const REMOVED_AT_ONCE = 64;
const SWEPT_AT_ONCE = 500;
/** Pages that an entry may need beside its body: of the tables, their indexes and the list of free pages. */
const SPARE_PAGES = 16;

export interface StoreSettings {
  readonly directory: string;
  readonly maxBytes: number;
  readonly now: number;
}

/**
 * The entries of one directory in SQLite. Every call is synchronous and may wait for the disk: it runs in a thread of its own.
 * What it throws, faultOf (store-fault.ts) has a word for, and then it is good for nothing but `close`.
 *
 * This file and those it imports also run as they are, with their types stripped: no parameter properties, no enums, nothing
 * of ours from elsewhere.
 */
export class DiskStore {
  /** It was made anew, and knows of no invalidation. */
  readonly made: boolean;
  private readonly database: Database;
  private readonly file: OpenedFile;
  private readonly bounds: StoreBounds;
  private readonly statements: Statements;
  private readonly invalidations: InvalidationLog;
  private count: number;
  /** Entries up to this key were looked at since the last invalidation; undefined when all were. */
  private swept: number | undefined = 0;

  constructor(settings: StoreSettings, open: OpenDatabase = openDatabase) {
    this.bounds = boundsOf(settings.maxBytes);
    this.file = openFile(settings.directory, this.bounds, open);
    const { database, made } = this.file;
    this.database = database;
    this.made = made;
    try {
      this.statements = prepareStatements(database);
      this.invalidations = new InvalidationLog(database, this.bounds.invalidations);
      this.count = this.statements.count.get()?.['entries'] as number;
      this.tryWriting(settings.now);
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  }

  /** The highest version of an invalidation that it knows. */
  get newest(): number {
    return this.invalidations.newest;
  }

  get(id: string, now: number): Uint8Array | undefined {
    const row = this.statements.read.get(id) as unknown as (EntryRow & { bytes: Uint8Array }) | undefined;
    // Longer than anything may be kept: the machine's clock was set back meanwhile, and how old it is nobody knows.
    if (row === undefined || row.until <= now || row.until > now + LONGEST_MS + MINUTE_MS) return undefined;
    if (this.invalidations.covers(row.born, tagsOf(row))) return undefined;
    if (Math.abs(now - row.used) > USED_MS) this.statements.use.run(now, row.key);
    return row.bytes;
  }

  set(entry: StoreEntry, now: number): boolean {
    if (entry.bytes.length > this.bounds.entryBytes || entry.until <= now) return false;
    if (this.invalidations.covers(entry.born, entry.tags)) return false;
    this.checkPlace();
    return this.write(() => {
      const held = this.statements.find.get(entry.id) as unknown as EntryRow | undefined;
      if (held !== undefined) {
        const older = entry.born < held.born && held.until > now && !this.invalidations.covers(held.born, tagsOf(held));
        if (older) return false;
        this.remove(held.key);
      }
      this.makeRoom(entry.bytes.length);
      const tags = JSON.stringify(entry.tags);
      const until = Math.min(entry.until, now + LONGEST_MS);
      const { lastInsertRowid } = this.statements.add.run(entry.id, entry.born, until, now, tags);
      this.statements.addBody.run(lastInsertRowid, entry.bytes);
      this.count += 1;
      return true;
    });
  }

  delete(id: string): boolean {
    return this.write(() => {
      const held = this.statements.find.get(id) as unknown as EntryRow | undefined;
      if (held === undefined) return false;
      this.remove(held.key);
      return true;
    });
  }

  /** From here on nothing that it covers is served or taken; the entries themselves go when `tend` comes by. */
  invalidate(what: Invalidations, now: number): void {
    this.checkPlace();
    this.write(() => {
      this.invalidations.add(what, now);
    });
    this.swept = 0;
  }

  /** Removes some of what is over or invalidated. @returns whether there is more */
  tend(now: number): boolean {
    this.checkPlace();
    return this.write(() => {
      this.invalidations.forget(now);
      const over = this.statements.over.all(now, REMOVED_AT_ONCE);
      for (const { key } of over) this.remove(key as number);
      return over.length === REMOVED_AT_ONCE || this.sweep();
    });
  }

  /** Bytes are those of the pages in use: with the indexes, and with what is not removed yet. */
  size(): { entries: number; bytes: number } {
    return { entries: this.count, bytes: this.livePages() * this.bounds.pageBytes };
  }

  close(): void {
    this.database.close();
    this.file.mark.clear(this.file.path);
  }

  private sweep(): boolean {
    if (this.swept === undefined) return false;
    const rows = this.statements.sweep.all(this.swept, this.newest, SWEPT_AT_ONCE) as unknown as EntryRow[];
    let removed = 0;
    for (const row of rows) {
      this.swept = row.key;
      if (!this.invalidations.covers(row.born, tagsOf(row))) continue;
      this.remove(row.key);
      removed += 1;
      if (removed === REMOVED_AT_ONCE) return true;
    }
    if (rows.length === SWEPT_AT_ONCE) return true;
    this.swept = undefined;
    return false;
  }

  /** The least recently used go, until a body of so many bytes has its place. */
  private makeRoom(bytes: number): void {
    const needed = Math.ceil(bytes / this.bounds.pageBytes) + SPARE_PAGES;
    while (this.livePages() + needed > this.bounds.pages) {
      const oldest = this.statements.oldest.all(EVICTED_AT_ONCE);
      if (oldest.length === 0) throw new StoreFault('full');
      for (const { key } of oldest) this.remove(key as number);
    }
  }

  private remove(key: number): void {
    this.statements.remove.run(key);
    this.statements.removeBody.run(key);
    this.count -= 1;
  }

  private livePages(): number {
    return pragma(this.database, 'page_count') - pragma(this.database, 'freelist_count');
  }

  /** A file that was removed under us can be written to as before, and nobody will ever read it again. */
  private checkPlace(): void {
    if (statSync(this.file.path).ino !== this.file.inode) throw new StoreFault('gone');
  }

  /** Shows that the largest entry can be written: a disk with a few free bytes would fail at the next one. */
  private tryWriting(now: number): void {
    const id = 'trial';
    const until = now + MINUTE_MS;
    const bytes = new Uint8Array(this.bounds.entryBytes);
    this.set({ id, born: Number.MAX_SAFE_INTEGER, until, tags: [], bytes }, now);
    this.delete(id);
  }

  /** What throws in between is rolled back when the store is closed, which every fault leads to. */
  private write<T>(work: () => T): T {
    this.database.exec('BEGIN IMMEDIATE');
    const result = work();
    this.database.exec('COMMIT');
    return result;
  }
}

function tagsOf(row: EntryRow): string[] {
  try {
    return JSON.parse(row.tags) as string[];
  } catch {
    throw new StoreFault('damaged');
  }
}

function openDatabase(file: string): Database {
  // Nobody is waited for: a lock that another process has is its own for as long as it lives.
  return new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: false });
}
