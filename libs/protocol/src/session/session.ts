import type { ClientCapabilities, Implementation, LoggingLevel } from '@modelcontextprotocol/server';
import { LocalError } from '@mcp-cluster/kernel';
import type { Principal } from '../exchange/context.js';
import type { Cancellable, Peer, PeerSession } from '../exchange/peer.js';
import { invalidRequest } from '../wire/errors.js';
import type { RequestId, ResponseMessage } from '../wire/message.js';
import type { Revision } from '../wire/revision.js';
import type { SessionFacts } from './session-seal.js';
import type { SessionRecord } from './session-store.js';

/** The stream of a session for messages that belong to no request (HTTP GET, or stdout). */
export interface SessionStream {
  /** Sends a message; false when it is gone. */
  notify(message: string): boolean;
  close(): void;
}

/** Questions that a session may leave open at once, and resources that it may subscribe to: each costs memory here. */
const MAX_PENDING_ASKS = 64;
export const MAX_SUBSCRIPTIONS = 1_000;

/** Keeps what changes of a session where other nodes find it. Resolves when it is kept, or cannot be for now. */
export interface SessionKeeper {
  logLevelSet(session: Session): Promise<void>;
  subscriptionChanged(session: Session, uri: string, on: boolean): Promise<void>;
}

/** What a session does not agree on once: its log level, subscriptions and whatever is under way. */
export class Session implements Peer, PeerSession {
  readonly era = 'session';
  readonly subscriptions = new Set<string>();
  /** Exchanges under way, by their request id: what a cancellation names. */
  readonly exchanges = new Map<RequestId, Cancellable>();
  logLevel: LoggingLevel = 'info';
  stream: SessionStream | undefined;
  /** What a transport keeps for this session's clients to come back to. It goes with the session. */
  outlets: { close(): void } | undefined;
  /** Monotonic milliseconds of the last message. */
  seenAt: number;
  /** The store has not heard of its last change yet. */
  unsaved = false;
  private readonly asks = new Map<RequestId, (answer: ResponseMessage | Error) => void>();

  constructor(
    readonly id: string,
    readonly facts: SessionFacts,
    now: number,
    private readonly keeper?: SessionKeeper,
  ) {
    this.seenAt = now;
  }

  get session(): this {
    return this;
  }
  get revision(): Revision {
    return this.facts.revision;
  }
  get principal(): Principal {
    return this.facts.principal;
  }
  get info(): Implementation {
    return this.facts.info;
  }
  get capabilities(): ClientCapabilities {
    return this.facts.capabilities;
  }

  /** @returns a promise where other nodes have to know: the client is answered when they can */
  setLogLevel(level: LoggingLevel): void | Promise<void> {
    this.logLevel = level;
    return this.keeper?.logLevelSet(this);
  }

  subscribe(uri: string, on: boolean): void | Promise<void> {
    if (on) this.subscriptions.add(uri);
    else this.subscriptions.delete(uri);
    return this.keeper?.subscriptionChanged(this, uri, on);
  }

  /** Takes over what another node, or this one earlier, has kept of it. */
  restore({ logLevel, subscriptions }: Pick<SessionRecord, 'logLevel' | 'subscriptions'>): void {
    if (logLevel !== undefined) this.logLevel = logLevel;
    this.subscriptions.clear();
    for (const uri of subscriptions) this.subscriptions.add(uri);
  }

  /** Nothing is under way and nobody listens: only such a session grows old. */
  get idle(): boolean {
    return this.exchanges.size === 0 && this.stream === undefined;
  }

  /** @throws WireError -32600 when a request with this id is still being answered */
  begin(id: RequestId, exchange: Cancellable): void {
    if (this.exchanges.has(id))
      throw invalidRequest(`id: ${JSON.stringify(id)} is still being answered in this session`);
    this.exchanges.set(id, exchange);
  }

  /** An exchange has ended. One that was refused for its id never began: the one with that id goes on. */
  ended(id: RequestId, exchange: Cancellable, now: number): void {
    this.seenAt = now;
    if (this.exchanges.get(id) === exchange) this.exchanges.delete(id);
  }

  /** Waits for the client's answer to a request of ours. */
  expect(id: RequestId): Promise<ResponseMessage> {
    if (this.asks.size >= MAX_PENDING_ASKS)
      return Promise.reject(
        new LocalError('too_many_asks', `more than ${String(MAX_PENDING_ASKS)} open questions in one session`),
      );
    return new Promise((resolve, reject) => {
      this.asks.set(id, (answer) => {
        this.asks.delete(id);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      });
    });
  }

  /** An answer came; false when nobody waits for it. */
  answer(message: ResponseMessage): boolean {
    const settle = this.asks.get(message.id);
    settle?.(message);
    return settle !== undefined;
  }

  /** Nobody waits for this answer any more. */
  forget(id: RequestId, reason: Error): void {
    this.asks.get(id)?.(reason);
  }

  /** Cancels everything under way and closes the stream. */
  close(reason: string): void {
    this.outlets?.close();
    for (const exchange of [...this.exchanges.values()]) exchange.cancel(reason);
    for (const settle of [...this.asks.values()]) settle(new LocalError('session_ended', reason));
    this.stream?.close();
    this.stream = undefined;
  }
}
