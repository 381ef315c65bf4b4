import { InitializeRequestParamsSchema, SetLevelRequestParamsSchema } from '@modelcontextprotocol/core';
import type { Exchange } from '../exchange/exchange.js';
import type { Principal } from '../exchange/context.js';
import type { SessionDirectory } from '../session/session-directory.js';
import type { Session } from '../session/session.js';
import { invalidParams } from '../wire/errors.js';
import type { Params } from '../wire/message.js';
import { SESSION_REVISIONS, type Revision } from '../wire/revision.js';

/** What a client says of itself is sealed into its session id, which travels as a header: 16 KiB hold all headers. */
const MAX_SELF_DESCRIPTION = 3 * 1024;

/**
 * Agrees on a session. A revision that we do not serve is answered with our newest one of the session era
 * (2025-11-25, "Version Negotiation").
 */
export function initialize(sessions: SessionDirectory, params: Params, principal: Principal): Session {
  const parsed = InitializeRequestParamsSchema.safeParse(params);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalidParams(`${issue?.path.map(String).join('.') ?? 'params'}: ${issue?.message ?? 'malformed'}`);
  }
  const { protocolVersion, capabilities, clientInfo } = parsed.data;
  const size = JSON.stringify([capabilities, clientInfo]).length;
  if (size > MAX_SELF_DESCRIPTION)
    throw invalidParams(
      `capabilities and clientInfo: expected at most ${String(MAX_SELF_DESCRIPTION)} characters together, got ${String(size)}`,
    );
  return sessions.create(negotiate(protocolVersion), capabilities, clientInfo, principal);
}

function negotiate(asked: string): Revision {
  return SESSION_REVISIONS.find((revision) => revision === asked) ?? SESSION_REVISIONS[0];
}

/** `logging/setLevel` (session era) */
export function setLevel(exchange: Exchange): void | Promise<void> {
  const parsed = SetLevelRequestParamsSchema.safeParse(exchange.request.params);
  if (!parsed.success) throw invalidParams(`level: ${parsed.error.issues[0]?.message ?? 'malformed'}`);
  return acknowledge(exchange, exchange.peer.session?.setLogLevel(parsed.data.level));
}

/** Answers with nothing, once what was asked for is kept. */
export function acknowledge(exchange: Exchange, keeping: void | Promise<void>): void | Promise<void> {
  if (keeping !== undefined)
    return keeping.then(() => {
      exchange.completeMembers('');
    });
  exchange.completeMembers('');
}
