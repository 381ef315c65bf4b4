import type { Registry } from '../registry/registry.js';
import { isObject, type RequestMessage } from '../wire/message.js';

/** The member of `_meta` by which a client names a call that must run at most once in the cluster. */
export const IDEMPOTENCY_KEY = 'mcp-cluster/idempotencyKey';

/**
 * Whether a request may be run again by another node when the one that ran it was lost: everything but calls of tools
 * that are neither read-only nor idempotent by their annotations. A call with an idempotency key may: the ledger knows
 * whether it ran.
 */
export function isRepeatable({ method, params }: RequestMessage, registry: Registry): boolean {
  if (method !== 'tools/call') return true;
  const { name, _meta: meta } = params;
  if (typeof name === 'string' && registry.findTool(name)?.repeatable === true) return true;
  return isObject(meta) && typeof meta[IDEMPOTENCY_KEY] === 'string';
}

/** Characters of a request that are kept for another node: larger ones are not worth their room in every log. */
const MAX_KEPT_REQUEST = 256 * 1024;

/** A request as JSON for a node that may have to run it again; undefined when none may. */
export function repeatableText(message: RequestMessage, registry: Registry): string | undefined {
  if (!isRepeatable(message, registry)) return undefined;
  const { id, method, params } = message;
  const text = JSON.stringify({ jsonrpc: '2.0', id, method, params });
  return text.length > MAX_KEPT_REQUEST ? undefined : text;
}
