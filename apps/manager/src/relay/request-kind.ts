import type { IncomingHttpHeaders } from 'node:http';
import { OTHER, REQUEST_METHODS } from '@mcp-cluster/telemetry';
import type { Lane } from '../upstream/upstream.js';

/** The revision whose requests carry everything: any node will do, but for those about a task. */
const STATELESS_REVISION = '2026-07-28';

export function isStateless(headers: IncomingHttpHeaders): boolean {
  return headers['mcp-protocol-version'] === STATELESS_REVISION;
}

/** What the headers tell about a request. */
export interface RequestKind {
  /**
   * What it is counted under, a closed set: the Mcp-Method header if it is an MCP method, GET or DELETE, else
   * `_other`: POSTs of 2025 clients have no such header, and their bodies are not parsed here.
   */
  readonly method: string;
  readonly lane: Lane;
}

const POST_OF_2025: RequestKind = { method: OTHER, lane: 'calls' };
const GET_STREAM: RequestKind = { method: 'GET', lane: 'streams' };
const SESSION_END: RequestKind = { method: 'DELETE', lane: 'calls' };
const KINDS: ReadonlyMap<string, RequestKind> = new Map(
  REQUEST_METHODS.map((method) => [method, { method, lane: method === 'subscriptions/listen' ? 'streams' : 'calls' }]),
);

/** Kinds are made once and shared: nothing is allocated for a request. */
export function requestKind(httpMethod: string | undefined, headers: IncomingHttpHeaders): RequestKind {
  if (httpMethod === 'GET') return GET_STREAM;
  if (httpMethod === 'DELETE') return SESSION_END;
  const method = headers['mcp-method'];
  return (typeof method === 'string' ? KINDS.get(method) : undefined) ?? POST_OF_2025;
}
