/**
 * The local family of errors: never crosses the wire as it is. `code` is stable and documented where
 * the error is raised; `cause` keeps what led to it. The wire family is protocol's WireError.
 */
export class LocalError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'LocalError';
  }
}

/** What was thrown, as an Error: libraries may throw anything. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** The stable code of an error, ours or Node's (`ECONNREFUSED`), if it has one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
