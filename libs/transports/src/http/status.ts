import { CapacityError, Code, SessionGoneError, type Era, type WireError } from '@mcp-cluster/protocol';
import { BodyTooLargeError } from './body.js';

/**
 * The HTTP status that an error answers with: the one place where errors become statuses. What a handler
 * answers is a good HTTP answer that holds an error; only what never reached one changes the status
 * (2026-07-28: 404 for an unknown method, 400 for a bad envelope or header).
 */
export function httpStatus(error: WireError, era: Era): number {
  if (error instanceof SessionGoneError) return 404;
  if (error instanceof CapacityError) return 503;
  if (error instanceof BodyTooLargeError) return 413;
  if (error.origin === 'handler') return error.code === Code.MissingRequiredClientCapability ? 400 : 200;
  // A session's client expects its errors in an answer with status 200, as its SDKs do.
  if (error.code === Code.MethodNotFound) return era === 'stateless' ? 404 : 200;
  return 400;
}

/** Further headers of an error's answer, flat. */
export function errorHeaders(error: WireError): string[] {
  if (error instanceof CapacityError) return ['Retry-After', String(error.retryAfterSeconds)];
  if (error instanceof BodyTooLargeError) return ['Connection', 'close'];
  return [];
}
