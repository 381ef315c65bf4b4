import { BoundedMap, LocalError, type Background, type Clock } from '@mcp-cluster/kernel';
import type { ClusterBus } from '../cluster/bus.js';
import { isOutage } from '../execution/store-refusal.js';
import { CapacityError } from '../wire/errors.js';
import { sessionMark } from './session-seal.js';
import type { SessionRecord, SessionStore } from './session-store.js';
import type { Session, SessionKeeper } from './session.js';

/** Sessions told of to the store in one call: some 20 KiB. */
const TOUCH_BATCH = 500;
/** Sessions that are looked up again at the same time after an outage. */
const RELOAD_AT_ONCE = 16;
/** Ends that the store could not be told: kept until it can. As many as a node may hold sessions. */
const MAX_UNTOLD_ENDS = 10_000;

export interface SessionSavingParts {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly bus: ClusterBus;
  readonly background: Background;
  readonly sessions: {
    [Symbol.iterator](): Iterator<Session>;
    end(id: string): unknown;
  };
}

/**
 * Brings what changes of this node's sessions into the store and out of it. A store that cannot be reached stops no
 * session: this node goes on with what it knows, and tells the store when it is there again (`reload`, at a resync).
 */
export class SessionSaving implements SessionKeeper {
  private touchedAt: number;
  private readonly untoldEnds = new BoundedMap<string, number>(MAX_UNTOLD_ENDS);

  constructor(private readonly parts: SessionSavingParts) {
    this.touchedAt = parts.clock.monotonic();
  }

  /** What the store knows, or undefined when it knows nothing or cannot be asked. */
  async load(id: string): Promise<SessionRecord | undefined> {
    try {
      return await this.parts.store.load(id);
    } catch (thrown) {
      if (isOutage(thrown)) return undefined;
      throw thrown;
    }
  }

  async logLevelSet(session: Session): Promise<void> {
    await this.save(session, () => this.parts.store.setLogLevel(session.id, session.logLevel, this.lifeOf(session)));
  }

  async subscriptionChanged(session: Session, uri: string, on: boolean): Promise<void> {
    try {
      await this.save(session, () => this.parts.store.subscribe(session.id, uri, on, this.lifeOf(session)));
    } catch (thrown) {
      if (!(thrown instanceof LocalError) || thrown.code !== 'too_many_subscriptions') throw thrown;
      session.restore({ logLevel: undefined, subscriptions: [...session.subscriptions].filter((one) => one !== uri) });
      throw new CapacityError(thrown.message, 60);
    }
  }

  async ended(id: string, expiresAt: number): Promise<void> {
    try {
      await this.parts.store.end(id, Math.max(1, expiresAt - this.parts.clock.now()));
    } catch (thrown) {
      if (!isOutage(thrown)) throw thrown;
      this.untoldEnds.set(id, expiresAt);
    }
  }

  /** Tells the store which sessions are alive, so that no other node takes one for idle. */
  touch(): void {
    const since = this.touchedAt;
    this.touchedAt = this.parts.clock.monotonic();
    const alive = [...this.parts.sessions].filter((session) => !session.idle || session.seenAt >= since);
    const told = alive.map((session) => ({ id: session.id, lifeMs: this.lifeOf(session) }));
    for (let at = 0; at < told.length; at += TOUCH_BATCH)
      this.inBackground(() => this.parts.store.touch(told.slice(at, at + TOUCH_BATCH)));
  }

  /** Looks up what other nodes may have changed, and tells the store what it has missed. */
  reload(sessions: readonly Session[]): void {
    this.inBackground(async () => {
      await this.tellEnds();
      for (let at = 0; at < sessions.length; at += RELOAD_AT_ONCE)
        await Promise.all(sessions.slice(at, at + RELOAD_AT_ONCE).map((session) => this.reloadOne(session)));
    });
  }

  private async reloadOne(session: Session): Promise<void> {
    if (session.unsaved) {
      await this.saveWhole(session);
      return;
    }
    const record = await this.parts.store.load(session.id);
    if (record?.ended === true) this.parts.sessions.end(session.id);
    else if (record !== undefined) session.restore(record);
  }

  private async saveWhole(session: Session): Promise<void> {
    const { store } = this.parts;
    const life = this.lifeOf(session);
    await store.setLogLevel(session.id, session.logLevel, life);
    for (const uri of session.subscriptions) await store.subscribe(session.id, uri, true, life);
    session.unsaved = false;
    this.tellChanged(session);
  }

  private async tellEnds(): Promise<void> {
    for (const [id, expiresAt] of [...this.untoldEnds]) {
      await this.parts.store.end(id, Math.max(1, expiresAt - this.parts.clock.now()));
      this.untoldEnds.delete(id);
    }
  }

  private async save(session: Session, store: () => Promise<void>): Promise<void> {
    try {
      await store();
    } catch (thrown) {
      if (!isOutage(thrown)) throw thrown;
      session.unsaved = true;
      return;
    }
    this.tellChanged(session);
  }

  private tellChanged(session: Session): void {
    this.parts.bus.publish({ type: 'session-changed', session: sessionMark(session.id) });
  }

  private lifeOf(session: Session): number {
    return Math.max(1, session.facts.expiresAt - this.parts.clock.now());
  }

  private inBackground(work: () => Promise<void>): void {
    this.parts.background.run('session store', async () => {
      try {
        await work();
      } catch (thrown) {
        // The next touch or resync comes; the outage itself is counted and logged where commands fail.
        if (!isOutage(thrown)) throw thrown;
      }
    });
  }
}
