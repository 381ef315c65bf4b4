/** A revision of the Model Context Protocol that this project serves. */
export type Revision = '2025-03-26' | '2025-06-18' | '2025-11-25' | '2026-07-28';

/**
 * How a revision carries state: `session` revisions agree on it once with `initialize`;
 * in `stateless` ones every request carries it.
 */
export type Era = 'session' | 'stateless';

/** The revision of the stateless era. */
export const STATELESS_REVISION = '2026-07-28';

/** Revisions of the session era, newest first: the order in which `initialize` offers them. */
export const SESSION_REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26'] as const satisfies readonly Revision[];

/** What a request may claim in its `_meta`: `server/discover` and -32022 answer this list. */
export const STATELESS_REVISIONS: readonly Revision[] = [STATELESS_REVISION];

/** Everything we serve, newest first. */
export const SUPPORTED_REVISIONS: readonly Revision[] = [STATELESS_REVISION, ...SESSION_REVISIONS];

/** The revision of a client that sends no version header after initialize (2025-06-18 introduced the header). */
export const REVISION_WITHOUT_HEADER = '2025-03-26' satisfies Revision;

const SERVED: ReadonlySet<string> = new Set(SUPPORTED_REVISIONS);

export function isServedRevision(value: unknown): value is Revision {
  return typeof value === 'string' && SERVED.has(value);
}

export function eraOf(revision: Revision): Era {
  return revision === STATELESS_REVISION ? 'stateless' : 'session';
}

/** Batches of messages exist in 2025-03-26 only; 2025-06-18 removed them. */
export function allowsBatch(revision: Revision): boolean {
  return revision === '2025-03-26';
}
