import { IDEMPOTENCY_KEY } from '@mcp-cluster/protocol';
import { isRepeatable } from './repeatable.policy.js';

export type RequestId = string | number | null;

/** What a failover needs to know of a request's body. */
export interface ReadRequest {
  /** Ids of the requests in it: one, or those of a batch. None for notifications, answers and what is no JSON-RPC. */
  readonly ids: readonly RequestId[];
  readonly batch: boolean;
  /** It may be sent a second time, if all of `tools` may. */
  readonly repeatable: boolean;
  /** Tools that it calls, without those whose calls carry an idempotency key: the nodes' shared ledger runs such a call once. */
  readonly tools: readonly string[];
  /** Of its progress, if it asked for any. */
  readonly progressToken: string | number | undefined;
}

const NOTHING: ReadRequest = { ids: [], batch: false, repeatable: false, tools: [], progressToken: undefined };
/** HTTP makes GET and DELETE repeatable: a session that has ended is as good as one that ends again. */
const WITHOUT_BODY: ReadRequest = { ...NOTHING, repeatable: true };

/**
 * Reads a kept body, once and only after a failure: the door parses no body that goes through.
 * @param keysCount whether idempotency keys are known in the whole cluster (a shared store)
 */
export function readRequest(body: Buffer | null, keysCount: boolean): ReadRequest {
  if (body === null) return WITHOUT_BODY;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return NOTHING; // the node would have said so, and an error cannot name a request
  }
  if (!Array.isArray(parsed)) return readMembers([parsed], false, keysCount);
  return readMembers(parsed, true, keysCount);
}

function readMembers(members: readonly unknown[], batch: boolean, keysCount: boolean): ReadRequest {
  const ids: RequestId[] = [];
  const tools: string[] = [];
  const tokens = new Set<string | number>();
  let repeatable = true;
  for (const member of members) {
    if (!isObject(member)) return { ...NOTHING, batch };
    const { id, method, params } = member;
    // A client's answer to a question, or a notification: heard twice they say the same.
    if (typeof method !== 'string' || id === undefined) continue;
    ids.push(typeof id === 'string' || typeof id === 'number' ? id : null);
    const given = isObject(params) ? params : {};
    const meta = isObject(given['_meta']) ? given['_meta'] : {};
    const token = meta['progressToken'];
    if (typeof token === 'string' || typeof token === 'number') tokens.add(token);
    if (method !== 'tools/call') repeatable &&= isRepeatable(method);
    else if (typeof given['name'] !== 'string') repeatable = false;
    else if (!keysCount || typeof meta[IDEMPOTENCY_KEY] !== 'string') tools.push(given['name']);
  }
  const [progressToken] = tokens;
  // A second node can be told of the progress of one request, not of several.
  return { ids, batch, repeatable: repeatable && tokens.size <= 1, tools, progressToken };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
