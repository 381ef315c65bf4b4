import { createHash } from 'node:crypto';
import type { ClientCapabilities, Implementation } from '@modelcontextprotocol/server';
import type { Clock, Rng } from '@mcp-cluster/kernel';
import { isServedRevision, type Revision } from '../wire/revision.js';
import type { Principal } from '../exchange/context.js';
import { Seal, type ClusterKey } from './seal.js';

/** What `initialize` agreed: everything of a session that never changes. */
export interface SessionFacts {
  readonly revision: Revision;
  readonly capabilities: ClientCapabilities;
  readonly info: Implementation;
  readonly principal: Principal;
  /** Id of the node that made the session: managers keep it there while that node lives. */
  readonly home: string;
  /** Wall time in milliseconds after which the id no longer opens. */
  readonly expiresAt: number;
}

/** Absolute life of a session id, however busy: 24 h, so that a leaked id does not work for ever. */
export const SESSION_LIFE_MS = 24 * 60 * 60 * 1000;

/** Longer ids are not looked at: ours stay below 4 KiB because capabilities are bounded when they are sealed. */
const MAX_ID_LENGTH = 8192;

/**
 * Session ids that carry their session: `initialize` on one node, and any node or manager with the cluster
 * key reads what was agreed, without asking anybody.
 */
export class SessionSeal {
  private readonly seal: Seal;

  constructor(
    key: ClusterKey,
    private readonly clock: Clock,
    rng: Rng,
  ) {
    this.seal = new Seal(key, 'session-id/1', rng);
  }

  close(facts: SessionFacts): string {
    const { revision, capabilities, info, principal, home, expiresAt } = facts;
    return this.seal.close(
      JSON.stringify([revision, capabilities, info, principal.issuer, principal.subject, home, expiresAt]),
    );
  }

  /** What the id says, or undefined for a foreign, altered or expired one. */
  open(id: string): SessionFacts | undefined {
    if (id.length > MAX_ID_LENGTH) return undefined;
    const text = this.seal.open(id);
    if (text === undefined) return undefined;
    const [revision, capabilities, info, issuer, subject, home, expiresAt] = JSON.parse(text) as [
      string,
      ClientCapabilities,
      Implementation,
      string,
      string,
      string,
      number,
    ];
    // A node of a later version may have sealed a revision that this one does not serve.
    if (!isServedRevision(revision) || this.clock.now() >= expiresAt) return undefined;
    return { revision, capabilities, info, principal: { issuer, subject }, home, expiresAt };
  }
}

/** A short name of a session that does not give its id away: for keys of stores and for the bus. 22 characters. */
export function sessionMark(id: string): string {
  return createHash('sha256').update(id).digest().toString('base64url', 0, 16);
}
