import type { LoggingLevel } from '@modelcontextprotocol/server';
import { BoundedMap } from '@mcp-cluster/kernel';

/** The changing part of a session, as another node needs it to go on with the session. */
export interface SessionRecord {
  /** Undefined while the client has set none. */
  readonly logLevel: LoggingLevel | undefined;
  readonly subscriptions: readonly string[];
  /** Ended by its client, or idle for longer than a session may be: it is served nowhere any more. */
  readonly ended: boolean;
}

/**
 * Keeps what changes of sessions, for all nodes. What `initialize` agreed is not here: it is sealed into the session's
 * id. So a store that lost everything loses no session, only log levels, subscriptions and the memory of ended ids.
 *
 * Ids are secrets of their clients: a store keeps their hashes only. `lifeMs` is what is left of the id's own life
 * (24 h at most): nothing is kept longer. Each call rejects with LocalError `store_unavailable` when the store cannot be
 * reached, after 250 ms at the latest.
 */
export interface SessionStore {
  /** Undefined for a session of which nothing is known: it may be served. */
  load(id: string): Promise<SessionRecord | undefined>;
  setLogLevel(id: string, level: LoggingLevel, lifeMs: number): Promise<void>;
  /** Adds a subscription, or removes it. */
  subscribe(id: string, uri: string, on: boolean, lifeMs: number): Promise<void>;
  /** Remembers that a session has ended, for as long as its id would open. */
  end(id: string, lifeMs: number): Promise<void>;
  /**
   * Notes that sessions had a message since the last note: sliding expiry. `load` tells a session as ended that was not
   * noted for longer than it may be idle.
   */
  touch(sessions: readonly { readonly id: string; readonly lifeMs: number }[]): Promise<void>;
}

/** Sessions of which one process keeps something: 24 h at about one a second. */
const MAX_RECORDS = 100_000;

/** The records of one process; for a cluster without a shared store. Idle sessions are the directory's. */
export class MemorySessionStore implements SessionStore {
  private readonly records = new BoundedMap<string, SessionRecord>(MAX_RECORDS);

  load(id: string): Promise<SessionRecord | undefined> {
    return Promise.resolve(this.records.get(id));
  }

  setLogLevel(id: string, logLevel: LoggingLevel): Promise<void> {
    return this.change(id, { logLevel });
  }

  subscribe(id: string, uri: string, on: boolean): Promise<void> {
    const others = (this.records.get(id)?.subscriptions ?? []).filter((one) => one !== uri);
    return this.change(id, { subscriptions: on ? [...others, uri] : others });
  }

  end(id: string): Promise<void> {
    this.records.set(id, { logLevel: undefined, subscriptions: [], ended: true });
    return Promise.resolve();
  }

  touch(): Promise<void> {
    return Promise.resolve();
  }

  private change(id: string, change: Partial<SessionRecord>): Promise<void> {
    const before = this.records.get(id) ?? { logLevel: undefined, subscriptions: [], ended: false };
    if (!before.ended) this.records.set(id, { ...before, ...change });
    return Promise.resolve();
  }
}
