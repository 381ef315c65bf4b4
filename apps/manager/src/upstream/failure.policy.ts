import { errorCode } from '@mcp-cluster/kernel';

/** How far a request had come when its connection failed. */
export type Progress =
  /** No byte was written: the node never saw the request. */
  | 'unsent'
  /** Written, and no byte of an answer had come: the node may have done the work. */
  | 'sent'
  /** The answer had begun. */
  | 'answering';

/** undici's codes for a request that it refuses to write: retrying elsewhere would blame every node for one client. */
const UNSENDABLE: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** Whether the request itself cannot be sent, to any node: the client's error. */
export function isUnsendable(error: Error, progress: Progress): boolean {
  return progress === 'unsent' && UNSENDABLE.has(errorCode(error) ?? '');
}

/** Why a request went to another node: a closed set, for metrics and logs. */
export const FAILOVER_REASONS = [
  'refused',
  'connect_timeout',
  'unreachable',
  'reset',
  'gone',
  /** The node is silent: its request left it before the connection failed. */
  'down',
  /** The node answered 503. */
  'busy',
  /** What answered is no MCP server. */
  'foreign',
  'other',
] as const;
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
  foreign_answer: 'foreign',
};

export function failoverReason(error: Error): FailoverReason {
  return REASONS[errorCode(error) ?? ''] ?? 'other';
}
