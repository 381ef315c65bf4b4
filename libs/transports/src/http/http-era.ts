import {
  claimedRevision,
  headerMismatch,
  invalidEnvelope,
  isServedRevision,
  preview,
  readEnvelope,
  SESSION_REVISIONS,
  STATELESS_REVISION,
  unsupportedRevision,
  type Message,
} from '@mcp-cluster/protocol';
import type { HttpCall } from './http-call.js';

/** The era of a message: what its body claims, and where it claims nothing, what the header says. */
export function isStateless(call: HttpCall, message: Message): boolean {
  const header = call.request.headers['mcp-protocol-version'];
  const claim = message.kind === 'response' ? undefined : claimedRevision(message.params);
  if (claim !== undefined) {
    call.era = 'stateless';
    if (header !== undefined && header !== claim)
      throw headerMismatch(`MCP-Protocol-Version: expected ${preview(claim)} as in the body, got ${preview(header)}`);
    return true;
  }
  if (header !== STATELESS_REVISION) return false;
  if (isInitialize(message)) throw headerMismatch('MCP-Protocol-Version: initialize is not of 2026-07-28');
  if (message.kind === 'request') {
    call.era = 'stateless';
    readEnvelope(message.params); // says which part of the envelope is missing
    throw invalidEnvelope('params._meta: expected the envelope of 2026-07-28');
  }
  return true;
}

export function isInitialize(message: Message): boolean {
  return message.kind === 'request' && message.method === 'initialize';
}

export function requireServedHeader(call: HttpCall): void {
  const header = call.request.headers['mcp-protocol-version'];
  if (header !== undefined && !isServedRevision(header)) throw unsupportedRevision(String(header), SESSION_REVISIONS);
}
