import { createHash } from 'node:crypto';
import { principalKey, type Principal } from '../exchange/context.js';
import { stableJson } from '../session/request-state.js';
import { invalidParams, preview } from '../wire/errors.js';
import { isObject, type Params } from '../wire/message.js';
import { IDEMPOTENCY_KEY } from './repeatable.js';

/** A UUID has 36 characters; the limit of HTTP's Idempotency-Key at most services. */
const MAX_KEY_LENGTH = 255;
/** Control characters: a key is for people to read in their own logs. */
// eslint-disable-next-line no-control-regex -- finding them is what it is for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * The idempotency key of a call, if its client gave one.
 * @throws WireError -32602 naming the field
 */
export function readIdempotencyKey(params: Params): string | undefined {
  const meta = params['_meta'];
  const key = isObject(meta) ? meta[IDEMPOTENCY_KEY] : undefined;
  if (key === undefined) return undefined;
  const field = `_meta["${IDEMPOTENCY_KEY}"]`;
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_LENGTH)
    throw invalidParams(
      `${field}: expected a string of 1 to ${String(MAX_KEY_LENGTH)} characters, got ${typeof key === 'string' ? `${String(key.length)} characters` : preview(key)}`,
    );
  if (CONTROL.test(key)) throw invalidParams(`${field}: expected no control characters, got one`);
  return key;
}

/** What a ledger knows of a call: neither the key nor the arguments can be read from it. */
export function ledgerNames(
  principal: Principal,
  tool: string,
  key: string,
  args: Params,
): { readonly key: string; readonly digest: string } {
  return { key: digest(JSON.stringify([principalKey(principal), tool, key])), digest: digest(stableJson(args)) };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
