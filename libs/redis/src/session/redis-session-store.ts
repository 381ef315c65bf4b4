import { LocalError } from '@mcp-cluster/kernel';
import {
  DEFAULT_SESSION_LIMITS,
  MAX_SUBSCRIPTIONS,
  SESSION_LIFE_MS,
  sessionMark,
  type SessionRecord,
  type SessionStore,
} from '@mcp-cluster/protocol';
import type { Store } from '../connection/store.js';
import { END_SESSION, LOAD_SESSION, SET_LEVEL, SUBSCRIBE, TOUCH_SESSIONS, UNSUBSCRIBE } from './session.scripts.js';

/** URIs of one session in bytes: 1,000 of 128. A session must not fill what all of them share. */
export const MAX_SUBSCRIPTION_BYTES = 128 * 1024;

/** Sessions that one script notes: about a millisecond, in which Redis does nothing else. */
const TOUCHED_AT_ONCE = 500;

export interface RedisSessionOptions {
  /** Milliseconds without a message after which a session has ended (S15). @default 30 min */
  readonly idleMs?: number;
}

type LogLevel = NonNullable<SessionRecord['logLevel']>;

/**
 * What changes of sessions, in Redis. A call rejects with LocalError `store_unavailable` or `store_full`; `subscribe`
 * also with `too_many_subscriptions`, when the session has 1,000 of them or 128 KiB of their URIs: then nothing changed.
 */
export class RedisSessionStore implements SessionStore {
  private readonly idleMs: number;

  constructor(
    private readonly store: Store,
    options: RedisSessionOptions = {},
  ) {
    this.idleMs = options.idleMs ?? DEFAULT_SESSION_LIMITS.idleMs;
  }

  async load(id: string): Promise<SessionRecord | undefined> {
    const found = (await this.store.run(LOAD_SESSION, [this.key(id)], [this.idleMs])) as
      null | [ended: 0, fields: string[]] | [ended: 1];
    if (found === null) return undefined;
    const [ended, fields] = found;
    if (ended === 1) return { logLevel: undefined, subscriptions: [], ended: true };
    return readFields(fields);
  }

  async setLogLevel(id: string, level: LogLevel, lifeMs: number): Promise<void> {
    await this.store.run(SET_LEVEL, [this.key(id)], [life(lifeMs), level]);
  }

  async subscribe(id: string, uri: string, on: boolean, lifeMs: number): Promise<void> {
    if (!on) {
      await this.store.run(UNSUBSCRIBE, [this.key(id)], [life(lifeMs), uri]);
      return;
    }
    const bounds = [MAX_SUBSCRIPTIONS, MAX_SUBSCRIPTION_BYTES];
    const result = await this.store.run(SUBSCRIBE, [this.key(id)], [life(lifeMs), uri, ...bounds]);
    if (result === 'ok') return;
    const limit =
      result === 'many' ? `${String(MAX_SUBSCRIPTIONS)} resources` : `${String(MAX_SUBSCRIPTION_BYTES)} bytes of URIs`;
    throw new LocalError('too_many_subscriptions', `a session may subscribe to ${limit}`);
  }

  async end(id: string, lifeMs: number): Promise<void> {
    await this.store.run(END_SESSION, [this.key(id)], [life(lifeMs)]);
  }

  async touch(sessions: readonly { readonly id: string; readonly lifeMs: number }[]): Promise<void> {
    // One after another: the marks of ten thousand ids at once would hold up the event loop.
    for (let start = 0; start < sessions.length; start += TOUCHED_AT_ONCE) {
      const part = sessions.slice(start, start + TOUCHED_AT_ONCE);
      const keys = part.map(({ id }) => this.key(id));
      const lives = part.map(({ lifeMs }) => life(lifeMs));
      await this.store.run(TOUCH_SESSIONS, keys, lives);
    }
  }

  private key(id: string): string {
    return this.store.key('session', sessionMark(id));
  }
}

/** Nothing is kept longer than an id can open, whatever a node's clock says. One that is over is deleted by Redis. */
function life(lifeMs: number): number {
  return Math.min(Math.ceil(lifeMs), SESSION_LIFE_MS);
}

function readFields(fields: readonly string[]): SessionRecord {
  const subscriptions: string[] = [];
  let logLevel: LogLevel | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (name.startsWith('+')) subscriptions.push(name.slice(1));
    else if (name === 'level') logLevel = fields[index + 1] as LogLevel;
  }
  return { logLevel, subscriptions, ended: false };
}
