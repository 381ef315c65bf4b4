import { isObject } from './read-request.js';

/** Reasons of a 503 with which a node says that it did nothing: it is full, or about to stop. */
const NOTHING_TAKEN: ReadonlySet<unknown> = new Set(['capacity', 'draining', 'overloaded']);
/** A refusal is short; a longer body is something else. */
const MAX_BYTES = 16 * 1024;

/** Whether the body of a 503 says that its node took nothing of the request, so that any other may have it. */
export function tookNothing(body: Buffer): boolean {
  if (body.length > MAX_BYTES) return false;
  try {
    const message: unknown = JSON.parse(body.toString('utf8'));
    const error = isObject(message) ? message['error'] : undefined;
    const data = isObject(error) ? error['data'] : undefined;
    return isObject(data) && NOTHING_TAKEN.has(data['reason']);
  } catch {
    return false; // not of our nodes
  }
}
