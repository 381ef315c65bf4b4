import { WireError } from '../wire/errors.js';
import { Code } from '../wire/errors.js';
import type { Params } from '../wire/message.js';
import { MAX_OUTCOME_BYTES } from './ledger.js';

/** Marks a result that was stored: the tool did not run for this call. */
export const REPLAYED_META_KEY = 'mcp-cluster/replayed';

/** How a call ended, as a retry gets it. A result is kept without what the eras add to it. */
export type StoredOutcome =
  { readonly result: Params } | { readonly error: { code: number; message: string; data?: unknown } };

export function storedResult(resultJson: string): string {
  const bytes = Buffer.byteLength(resultJson);
  if (bytes <= MAX_OUTCOME_BYTES - 32) return `{"result":${resultJson}}`;
  const message = `the call has run; its result had ${String(bytes)} bytes, more than are kept for a retry`;
  return storedError(new WireError(Code.InternalError, message, { outcome: 'done' }));
}

export function storedError({ code, message, data }: WireError): string {
  const text = JSON.stringify({ error: { code, message, data } });
  if (Buffer.byteLength(text) <= MAX_OUTCOME_BYTES) return text;
  return JSON.stringify({ error: { code, message: 'the call has run and failed', data: { outcome: 'done' } } });
}

export function readOutcome(outcomeJson: string): StoredOutcome {
  return JSON.parse(outcomeJson) as StoredOutcome;
}

/** -32603: the call may have had its effect, or a part of it, or none. It is not run again. */
export function outcomeUnknown(why: string): WireError {
  return new WireError(Code.InternalError, `Outcome unknown: ${why}`, { outcome: 'unknown' });
}
