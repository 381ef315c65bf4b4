import { chmodSync, closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { BootMark } from './boot-mark.js';
import { faultOf, StoreFault } from './store-fault.js';

/** As much of a database as the store uses. Tests put one that fails in its place. */
export type Database = Pick<DatabaseSync, 'exec' | 'prepare' | 'close'>;
export type OpenDatabase = (file: string) => Database;

const FILE = 'cache-level.sqlite';
/** "MCPd": tells our files from others'. */
const APPLICATION = 0x4d435064;
/** Of the tables below. A store of another one is emptied: it is a cache. */
const FORMAT = 1;
/** An entry of 20 KB takes three pages, one of 1 KB an eighth of one. */
const PAGE_BYTES = 8_192;

/** What one directory may hold, in SQLite's pages. */
export interface StoreBounds {
  readonly pageBytes: number;
  /** Of the database's file: 15/16 of the level's bytes. The rest is the write-ahead log's. */
  readonly pages: number;
  /** Bytes of the largest entry that is taken. */
  readonly entryBytes: number;
  /** Invalidations that are remembered one by one. */
  readonly invalidations: number;
}

/**
 * An entry takes at most a hundredth of the level, so that one cannot push out what many use, and at most 2 MB: those who
 * read others wait behind it, for about a millisecond, and copying it to the store's thread takes the event loop about half a
 * one. An invalidation takes some 80 bytes; those that are remembered take less than a tenth of the level.
 */
export function boundsOf(maxBytes: number): StoreBounds {
  return {
    pageBytes: PAGE_BYTES,
    pages: Math.floor((maxBytes * 15) / 16 / PAGE_BYTES),
    entryBytes: Math.min(Math.floor(maxBytes / 100), 2_000_000),
    invalidations: Math.min(Math.floor(maxBytes / 1_000), 100_000),
  };
}

export interface OpenedFile {
  readonly database: Database;
  readonly path: string;
  /** Another file at the path has another number. */
  readonly inode: number;
  readonly made: boolean;
  readonly mark: BootMark;
}

/**
 * Opens the database of a directory, which is this process' alone from then on: the lock is the system's own and ends with
 * its process. A database of another format, a broken one, one beyond the bound and one that
 * the machine went down with is removed, and made anew.
 */
export function openFile(directory: string, bounds: StoreBounds, open: OpenDatabase): OpenedFile {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, FILE);
  try {
    return openOnce(path, bounds, open);
  } catch (thrown) {
    if (faultOf(thrown) !== 'damaged') throw thrown;
    removeFile(directory);
    return openOnce(path, bounds, open);
  }
}

/** Removes the database, and nothing else that may lie in the directory. */
export function removeFile(directory: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal', '-boot'])
    rmSync(join(directory, FILE + suffix), { force: true });
}

function openOnce(path: string, bounds: StoreBounds, open: OpenDatabase): OpenedFile {
  makePrivate(path);
  const mark = new BootMark(path);
  const database = open(path);
  try {
    // Before anything is read: no memory is shared with other processes then, and they are kept out.
    database.exec('PRAGMA locking_mode=EXCLUSIVE');
    const made = pragma(database, 'page_count') === 0;
    if (made) database.exec(`PRAGMA page_size=${String(PAGE_BYTES)}`);
    else if (mark.foreign || !isOurs(database, bounds)) throw new StoreFault('damaged');
    mark.set();
    configure(database, bounds, mark.known);
    if (made) database.exec(TABLES);
    return { database, path, inode: statSync(path).ino, made, mark };
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** It holds private answers. Its log is made by SQLite, with the same rights. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    // Never opened and closed here: that would end the locks that another thread of this process has on it.
    chmodSync(path, 0o600);
  }
}

function isOurs(database: Database, bounds: StoreBounds): boolean {
  return (
    pragma(database, 'application_id') === APPLICATION &&
    pragma(database, 'user_version') === FORMAT &&
    pragma(database, 'page_size') === PAGE_BYTES &&
    pragma(database, 'page_count') <= bounds.pages
  );
}

/** One number of the database's own. */
export function pragma(database: Database, name: string): number {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number;
}

function configure(database: Database, bounds: StoreBounds, marked: boolean): void {
  // At a 64th of the level the log goes into the database, at most 2 MB at once: who reads waits for it, some 10 ms. With the
  // largest write on top it stays below a 16th.
  const logPages = Math.max(16, Math.min(256, Math.floor(bounds.pages / 64)));
  database.exec(`
    PRAGMA journal_mode=WAL;
    PRAGMA synchronous=${marked ? 'OFF' : 'NORMAL'};
    PRAGMA wal_autocheckpoint=${String(logPages)};
    PRAGMA journal_size_limit=${String(logPages * PAGE_BYTES)};
    PRAGMA max_page_count=${String(bounds.pages)};
    PRAGMA cache_size=-8192;
    PRAGMA mmap_size=0;
    PRAGMA cell_size_check=ON;
    PRAGMA temp_store=MEMORY;`);
}

/**
 * Bodies lie apart: marking an entry as used must not write it anew. `used` and `until` are indexed, tags are not: what is
 * invalidated is not served from that moment, and removed later in small pieces, so that forgetting a million entries takes as
 * long as forgetting one.
 */
const TABLES = `
  BEGIN IMMEDIATE;
  PRAGMA application_id=${String(APPLICATION)};
  PRAGMA user_version=${String(FORMAT)};
  CREATE TABLE entries(
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, born INTEGER NOT NULL, until INTEGER NOT NULL,
    used INTEGER NOT NULL, tags TEXT NOT NULL) STRICT;
  CREATE INDEX entries_by_until ON entries(until);
  CREATE INDEX entries_by_used ON entries(used);
  CREATE TABLE bodies(key INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE invalidations(
    tag TEXT PRIMARY KEY, version INTEGER NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX invalidations_by_version ON invalidations(version);
  CREATE TABLE floor(key INTEGER PRIMARY KEY CHECK (key = 0), version INTEGER NOT NULL) STRICT;
  INSERT INTO floor VALUES(0, 0);
  COMMIT;`;
