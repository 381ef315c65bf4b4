import type { StatementSync } from 'node:sqlite';
import type { Database } from './store-file.js';

/** An entry without its body. */
export interface EntryRow {
  readonly key: number;
  readonly born: number;
  readonly until: number;
  readonly used: number;
  /** JSON. */
  readonly tags: string;
}

const ROW = 'entries.key AS key, born, until, used, tags';

const SQL = {
  read: `SELECT ${ROW}, bytes FROM entries JOIN bodies ON bodies.key = entries.key WHERE id = ?`,
  find: `SELECT ${ROW} FROM entries WHERE id = ?`,
  use: 'UPDATE entries SET used = ? WHERE key = ?',
  add: 'INSERT INTO entries(id, born, until, used, tags) VALUES(?, ?, ?, ?, ?)',
  addBody: 'INSERT INTO bodies(key, bytes) VALUES(?, ?)',
  remove: 'DELETE FROM entries WHERE key = ?',
  removeBody: 'DELETE FROM bodies WHERE key = ?',
  oldest: 'SELECT key FROM entries ORDER BY used, key LIMIT ?',
  over: 'SELECT key FROM entries WHERE until <= ? ORDER BY until LIMIT ?',
  sweep: `SELECT ${ROW} FROM entries WHERE key > ? AND born <= ? ORDER BY key LIMIT ?`,
  count: 'SELECT count(*) AS entries FROM entries',
} as const;

export type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;

export function prepareStatements(database: Database): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)] as const);
  return Object.fromEntries(prepared) as Statements;
}
