import type { ClientCapabilities, Implementation, LoggingLevel } from '@modelcontextprotocol/server';
import type { Session } from '../session/session.js';
import type { Envelope } from '../wire/meta.js';
import type { Era, Revision } from '../wire/revision.js';
import type { Principal } from './context.js';

/** Who sent a request and what was agreed with them: per request in the stateless era, from the session else. */
export interface Peer {
  readonly revision: Revision;
  readonly era: Era;
  readonly principal: Principal;
  readonly info: Implementation | undefined;
  readonly capabilities: ClientCapabilities;
  /** Log messages below this are not sent; undefined sends none. */
  readonly logLevel: LoggingLevel | undefined;
  readonly session: Session | undefined;
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
