import type { ClientCapabilities, Implementation } from '@modelcontextprotocol/server';
import { BoundedMap, type Background, type Clock } from '@mcp-cluster/kernel';
import type { ClusterBus, ClusterEvent } from '../cluster/bus.js';
import { principalKey, type Principal } from '../exchange/context.js';
import { CapacityError, SessionGoneError } from '../wire/errors.js';
import type { ResponseMessage } from '../wire/message.js';
import type { Revision } from '../wire/revision.js';
import { SESSION_LIFE_MS, sessionMark, type SessionFacts, type SessionSeal } from './session-seal.js';
import { SessionSaving } from './session-saving.js';
import type { SessionStore } from './session-store.js';
import { Session } from './session.js';

export interface SessionLimits {
  /** Sessions that a node holds at once (S15). */
  readonly max: number;
  /** Milliseconds without a message after which a session ends: 30 min (S15). */
  readonly idleMs: number;
}

export const DEFAULT_SESSION_LIMITS: SessionLimits = { max: 10_000, idleMs: 30 * 60_000 };

/** Idle sessions are looked for 30 times in the time after which they end: every minute by default (S15). */
const SWEEPS_A_LIFE = 30;
const MIN_SWEEP_MS = 500;
/** Ended ids that are remembered, so that they stay ended: 24 h at about one a second. */
const TOMBSTONES = 100_000;

export interface SessionDirectoryParts {
  readonly seal: SessionSeal;
  readonly clock: Clock;
  readonly bus: ClusterBus;
  readonly nodeId: string;
  readonly background: Background;
  readonly limits?: SessionLimits | undefined;
  /** What the nodes share of sessions; without one each node knows its own only. */
  readonly store?: SessionStore | undefined;
}

/** The sessions that this node holds. Any sealed id of the cluster is adopted; an ended one is not. */
export class SessionDirectory {
  private readonly sessions = new Map<string, Session>();
  /** The same by their marks: what the bus calls them. */
  private readonly marked = new Map<string, Session>();
  private readonly ended = new BoundedMap<string, true>(TOMBSTONES);
  /** Ids that are being looked up: requests of one session that come together adopt it once. */
  private readonly adopting = new Map<string, Promise<Session>>();
  private readonly limits: SessionLimits;
  private readonly saving: SessionSaving | undefined;

  constructor(private readonly parts: SessionDirectoryParts) {
    const { clock, bus, limits, store, background } = parts;
    this.limits = limits ?? DEFAULT_SESSION_LIMITS;
    if (store !== undefined) this.saving = new SessionSaving({ store, clock, bus, background, sessions: this });
    clock.every(Math.max(this.limits.idleMs / SWEEPS_A_LIFE, MIN_SWEEP_MS), () => {
      this.sweep();
    });
    bus.subscribe((event) => {
      this.heard(event);
    });
  }

  get size(): number {
    return this.sessions.size;
  }

  [Symbol.iterator](): IterableIterator<Session> {
    return this.sessions.values();
  }

  /** @throws CapacityError when the node holds as many as it may */
  create(revision: Revision, capabilities: ClientCapabilities, info: Implementation, principal: Principal): Session {
    this.makeRoom();
    const { clock, nodeId, seal } = this.parts;
    const expiresAt = clock.now() + SESSION_LIFE_MS;
    const facts = { revision, capabilities, info, principal, home: nodeId, expiresAt };
    return this.keep(seal.close(facts), facts);
  }

  /**
   * The session of an id: one that is here, or one that another node has served. A promise only when the store has to
   * be asked.
   * @throws SessionGoneError, or rejects with it, when the id is foreign, altered, expired, ended or another principal's
   */
  find(id: string, principal: Principal): Session | Promise<Session> {
    const session = this.sessions.get(id);
    if (session === undefined) return this.adopt(id, principal);
    if (principalKey(session.principal) !== principalKey(principal)) throw gone();
    if (this.parts.clock.now() >= session.facts.expiresAt) {
      this.drop(sessionMark(id), session, 'the session was too old');
      throw gone();
    }
    session.seenAt = this.parts.clock.monotonic();
    return session;
  }

  /** Ends a session in the whole cluster. A promise where a store has to know it before the client is told. */
  end(id: string): void | Promise<void> {
    const mark = sessionMark(id);
    const facts = this.sessions.get(id)?.facts ?? this.parts.seal.open(id);
    this.drop(mark, this.sessions.get(id), 'the session was ended');
    this.parts.bus.publish({ type: 'session-ended', session: mark });
    if (facts !== undefined) return this.saving?.ended(id, facts.expiresAt);
  }

  /** Ends what has been idle for too long, and tells the store of what has not. */
  sweep(): void {
    const oldest = this.parts.clock.monotonic() - this.limits.idleMs;
    for (const session of [...this.sessions.values()]) {
      if (!session.idle || session.seenAt >= oldest) continue;
      // Another node may have served it meanwhile: with a store it is only put away here, and the store tells.
      if (this.saving === undefined) this.drop(sessionMark(session.id), session, IDLE);
      else this.putAway(sessionMark(session.id), session, IDLE);
    }
    this.saving?.touch();
  }

  /** An answer of a client that waits on this node or, as the bus will tell, on another one. */
  answered(session: Session, message: ResponseMessage): void {
    if (session.answer(message)) return;
    this.parts.bus.publish({ type: 'ask-answered', session: sessionMark(session.id), message });
  }

  private heard(event: ClusterEvent): void {
    switch (event.type) {
      case 'session-ended':
        this.drop(event.session, this.marked.get(event.session), 'the session was ended');
        return;
      case 'session-changed': {
        const session = this.marked.get(event.session);
        if (session !== undefined) this.saving?.reload([session]);
        return;
      }
      case 'cancelled':
        this.marked.get(event.session)?.exchanges.get(event.request)?.cancel(event.reason);
        return;
      case 'ask-answered':
        this.marked.get(event.session)?.answer(event.message);
        return;
      case 'resync':
        this.saving?.reload([...this.sessions.values()]);
        return;
      default:
        return; // the subscriptions' and the tasks'
    }
  }

  private adopt(id: string, principal: Principal): Session | Promise<Session> {
    const facts = this.ended.has(sessionMark(id)) ? undefined : this.parts.seal.open(id);
    if (facts === undefined || principalKey(facts.principal) !== principalKey(principal)) throw gone();
    this.makeRoom();
    if (this.saving === undefined) return this.keep(id, facts);
    let adopting = this.adopting.get(id);
    if (adopting === undefined) {
      adopting = this.restore(id, facts, this.saving).finally(() => this.adopting.delete(id));
      this.adopting.set(id, adopting);
    }
    return adopting;
  }

  private async restore(id: string, facts: SessionFacts, saving: SessionSaving): Promise<Session> {
    const record = await saving.load(id);
    // The news that it has ended may have come while the store was asked.
    if (record?.ended === true || this.ended.has(sessionMark(id))) throw gone();
    this.makeRoom();
    const session = this.keep(id, facts);
    if (record !== undefined) session.restore(record);
    return session;
  }

  private keep(id: string, facts: SessionFacts): Session {
    const session = new Session(id, facts, this.parts.clock.monotonic(), this.saving);
    this.sessions.set(id, session);
    this.marked.set(sessionMark(id), session);
    return session;
  }

  /** Ends a session here for good. */
  private drop(mark: string, session: Session | undefined, reason: string): void {
    this.ended.set(mark, true);
    if (session !== undefined) this.putAway(mark, session, reason);
  }

  private putAway(mark: string, session: Session, reason: string): void {
    this.sessions.delete(session.id);
    this.marked.delete(mark);
    session.close(reason);
  }

  private makeRoom(): void {
    const { max } = this.limits;
    if (this.sessions.size + this.adopting.size < max) return;
    this.sweep();
    if (this.sessions.size + this.adopting.size >= max)
      throw new CapacityError(`this node holds ${String(max)} sessions, its limit`, 5);
  }
}

const IDLE = 'the session was idle for too long';

function gone(): SessionGoneError {
  return new SessionGoneError('Mcp-Session-Id: no such session; initialize again');
}
