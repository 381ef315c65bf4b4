import { errorCode } from '@mcp-cluster/kernel';

/** How far a request had come when its connection failed. */
export type Progress =
  /** No byte was written: the node never saw the request. */
  | 'unsent'
  /** Written, and no byte of an answer had come: the node may have done the work. */
  | 'sent'
  /** The answer had begun. */
  | 'answering';

/** What to do about it. */
export type Remedy =
  /** Give the request to another node. */
  | 'retry'
  /** Tell the client that the outcome is unknown. */
  | 'lost'
  /** The request itself cannot be sent to any node: the client's error. */
  | 'unsendable';

/** Requests of which two are as good as one, by their Mcp-Method header. */
const REPEATABLE: ReadonlySet<string> = new Set([
  // They change nothing.
  'server/discover',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'tasks/get',
  // They change something once (SEP-2663). The key of a question is never used again in its task, and answers for
  // keys that are no longer open are ignored; cancelling asks for an end that the task already has. Their answer is an
  // empty acknowledgement, so a second node that gives it hides nothing: the next tasks/get tells how the task stands.
  'tasks/update',
  'tasks/cancel',
]);

/** @param mcpMethod the Mcp-Method header, if there is one */
export function isRepeatable(mcpMethod: string | undefined): boolean {
  return mcpMethod !== undefined && REPEATABLE.has(mcpMethod);
}

/** undici's codes for a request that it refuses to write: retrying elsewhere would blame every node for one client. */
const UNSENDABLE: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

export function remedyFor(error: Error, progress: Progress, repeatable: boolean): Remedy {
  if (progress === 'unsent') return UNSENDABLE.has(errorCode(error) ?? '') ? 'unsendable' : 'retry';
  return progress === 'sent' && repeatable ? 'retry' : 'lost';
}

/** Why a request went to another node: a closed set, for metrics and logs. */
export const FAILOVER_REASONS = ['refused', 'connect_timeout', 'unreachable', 'reset', 'gone', 'other'] as const;
export type FailoverReason = (typeof FAILOVER_REASONS)[number];

const REASONS: Readonly<Record<string, FailoverReason>> = {
  ECONNREFUSED: 'refused',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  ETIMEDOUT: 'connect_timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  node_gone: 'gone',
  UND_ERR_DESTROYED: 'gone',
  UND_ERR_CLOSED: 'gone',
};

export function failoverReason(error: Error): FailoverReason {
  return REASONS[errorCode(error) ?? ''] ?? 'other';
}
