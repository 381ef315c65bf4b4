import { errorCode } from '@mcp-cluster/kernel';
import { CapacityError } from '../wire/errors.js';

/** A store that is away is looked at again twice a second; one that is full empties by the minute. */
const RETRY_UNAVAILABLE_SECONDS = 1;
const RETRY_FULL_SECONDS = 60;

/** Whether a store could not be reached: what was asked of it may have been done or not. */
export function isUnavailable(thrown: unknown): boolean {
  return errorCode(thrown) === 'store_unavailable';
}

/** A store cannot be reached or is full: what was asked of it may be asked again later. */
export function isOutage(thrown: unknown): boolean {
  return isUnavailable(thrown) || errorCode(thrown) === 'store_full';
}

/**
 * What a client is told when a store refused: nothing was run, and when to try again. Anything else that was thrown is
 * given back as it is.
 * @param what what could not be done, for example `the call was not run: idempotency keys cannot be checked now`
 */
export function refusalOf(thrown: unknown, what: string): unknown {
  const code = errorCode(thrown);
  if (code === 'store_unavailable')
    return new CapacityError(`${what}: the shared store does not answer`, RETRY_UNAVAILABLE_SECONDS);
  if (code === 'store_full') return new CapacityError(`${what}: the store is full`, RETRY_FULL_SECONDS);
  return thrown;
}
