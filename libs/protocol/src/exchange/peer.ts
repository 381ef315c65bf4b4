import type { ClientCapabilities, Implementation, LoggingLevel } from '@modelcontextprotocol/server';
import type { RequestId, ResponseMessage } from '../wire/message.js';
import type { Envelope } from '../wire/meta.js';
import type { Era, Revision } from '../wire/revision.js';
import type { Principal } from './context.js';

/** Something under way that a client can stop. */
export interface Cancellable {
  cancel(reason: string): void;
}

/** The changing part of a session, as far as one exchange has to do with it. */
export interface PeerSession {
  readonly subscriptions: ReadonlySet<string>;
  /** A promise where other nodes have to know it before the client is answered. */
  setLogLevel(level: LoggingLevel): void | Promise<void>;
  /** As `setLogLevel`. */
  subscribe(uri: string, on: boolean): void | Promise<void>;
  /** @throws WireError -32600 when a request with this id is still being answered */
  begin(id: RequestId, exchange: Cancellable): void;
  /** An exchange has ended, at this monotonic time. */
  ended(id: RequestId, exchange: Cancellable, now: number): void;
  /** Waits for the client's answer to a request of ours. */
  expect(id: RequestId): Promise<ResponseMessage>;
  /** Nobody waits for this answer any more. */
  forget(id: RequestId, reason: Error): void;
}

/** Who sent a request and what was agreed with them: per request in the stateless era, from the session else. */
export interface Peer {
  readonly revision: Revision;
  readonly era: Era;
  readonly principal: Principal;
  readonly info: Implementation | undefined;
  readonly capabilities: ClientCapabilities;
  /** Log messages below this are not sent; undefined sends none. */
  readonly logLevel: LoggingLevel | undefined;
  readonly session: PeerSession | undefined;
}

export function statelessPeer(envelope: Envelope, principal: Principal): Peer {
  return {
    revision: envelope.revision,
    era: 'stateless',
    principal,
    info: envelope.info,
    capabilities: envelope.capabilities,
    logLevel: envelope.logLevel,
    session: undefined,
  };
}
