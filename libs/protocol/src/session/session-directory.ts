import type { ClientCapabilities, Implementation } from '@modelcontextprotocol/server';
import { BoundedMap, type Clock } from '@mcp-cluster/kernel';
import type { ClusterBus } from '../cluster/bus.js';
import { principalKey, type Principal } from '../exchange/context.js';
import { CapacityError, SessionGoneError } from '../wire/errors.js';
import type { Revision } from '../wire/revision.js';
import { SESSION_LIFE_MS, type SessionSeal } from './session-seal.js';
import { Session } from './session.js';

export interface SessionLimits {
  /** Sessions that a node holds at once (S15). */
  readonly max: number;
  /** Milliseconds without a message after which a session ends: 30 min (S15). */
  readonly idleMs: number;
}

export const DEFAULT_SESSION_LIMITS: SessionLimits = { max: 10_000, idleMs: 30 * 60_000 };

const SWEEP_MS = 60_000;
/** Ended ids that are remembered, so that they stay ended: 24 h at about one a second. */
const TOMBSTONES = 100_000;

/** The sessions that this node holds. Any sealed id of the cluster is adopted; an ended one is not. */
export class SessionDirectory {
  private readonly sessions = new Map<string, Session>();
  private readonly ended = new BoundedMap<string, true>(TOMBSTONES);

  constructor(
    private readonly seal: SessionSeal,
    private readonly clock: Clock,
    private readonly bus: ClusterBus,
    private readonly nodeId: string,
    private readonly limits: SessionLimits = DEFAULT_SESSION_LIMITS,
  ) {
    clock.every(SWEEP_MS, () => {
      this.sweep();
    });
    bus.subscribe((event) => {
      if (event.type === 'session-ended') this.drop(event.session, 'the session was ended');
      if (event.type === 'cancelled')
        this.sessions.get(event.session)?.exchanges.get(event.request)?.cancel(event.reason);
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
    const expiresAt = this.clock.now() + SESSION_LIFE_MS;
    const facts = { revision, capabilities, info, principal, home: this.nodeId, expiresAt };
    return this.keep(new Session(this.seal.close(facts), facts, this.clock.monotonic()));
  }

  /**
   * The session of an id: one that is here, or one that another node made.
   * @throws SessionGoneError when the id is foreign, altered, expired, ended or another principal's
   */
  find(id: string, principal: Principal): Session {
    const session = this.sessions.get(id) ?? this.adopt(id);
    if (principalKey(session.principal) !== principalKey(principal)) throw gone();
    if (this.clock.now() >= session.facts.expiresAt) {
      this.end(id);
      throw gone();
    }
    session.seenAt = this.clock.monotonic();
    return session;
  }

  /** Ends a session in the whole cluster. */
  end(id: string): void {
    this.bus.publish({ type: 'session-ended', session: id });
  }

  /** Ends what has been idle for too long. */
  sweep(): void {
    const oldest = this.clock.monotonic() - this.limits.idleMs;
    for (const session of [...this.sessions.values()])
      if (session.idle && session.seenAt < oldest) this.drop(session.id, 'the session was idle for too long');
  }

  private adopt(id: string): Session {
    const facts = this.ended.has(id) ? undefined : this.seal.open(id);
    if (facts === undefined) throw gone();
    this.makeRoom();
    return this.keep(new Session(id, facts, this.clock.monotonic()));
  }

  private keep(session: Session): Session {
    this.sessions.set(session.id, session);
    return session;
  }

  private drop(id: string, reason: string): void {
    this.ended.set(id, true);
    const session = this.sessions.get(id);
    this.sessions.delete(id);
    session?.close(reason);
  }

  private makeRoom(): void {
    if (this.sessions.size < this.limits.max) return;
    this.sweep();
    if (this.sessions.size >= this.limits.max)
      throw new CapacityError(`this node holds ${String(this.limits.max)} sessions, its limit`, 5);
  }
}

function gone(): SessionGoneError {
  return new SessionGoneError('Mcp-Session-Id: no such session; initialize again');
}
