/** One thing that a client saw or did, as a line of the history. */
export type HistoryEvent = Sent | Answered | Progressed | EventSeen | TextSeen | Broken | Resumed | Abandoned | Effect;

/** What all lines have. */
interface Line {
  /** Milliseconds since the history began, monotonic. */
  readonly at: number;
  readonly client: string;
  /** Names the request within the whole history; a client that sends again does so under a new name. */
  readonly request: string;
}

/**
 * What may happen to a call whose node dies.
 * - `repeatable`: it is run again elsewhere, so that its client gets a result all the same
 * - `once`: it must not be run again; one error that says so is an answer
 * - `keyed`: all requests with its key run once together, and have the same result
 */
export type CallKind = 'repeatable' | 'once' | 'keyed';

export interface Sent extends Line {
  readonly event: 'sent';
  readonly kind: CallKind;
  /** Of an idempotency key; only where `kind` is `keyed`. */
  readonly key?: string;
  /** Milliseconds after which the client counts as hung. */
  readonly limitMs: number;
  /** Steps of progress that its tool reports; undefined where that is not known. */
  readonly steps?: number;
}

export interface Answered extends Line {
  readonly event: 'answer';
  readonly outcome: 'result' | 'error';
  /** Of an error: the JSON-RPC code. */
  readonly code?: number;
  /** Of an error: it says that nobody knows whether the call had an effect (`data.outcome` is `unknown`). */
  readonly unknown?: boolean;
  /** Of an error: `data.reason`, or the message. */
  readonly reason?: string;
  /** Of a result: its text. */
  readonly text?: string;
}

export interface Progressed extends Line {
  readonly event: 'progress';
  readonly progress: number;
}

/** An event of a stream that can be resumed, with its id. */
export interface EventSeen extends Line {
  readonly event: 'event';
  readonly id: string;
  /** It brings no message, only a place to come back to. */
  readonly primes?: boolean;
}

/** Text that came to the client for this request: the tags that were in it. */
export interface TextSeen extends Line {
  readonly event: 'text';
  readonly tags: readonly string[];
}

/** The connection ended before there was an answer. */
export interface Broken extends Line {
  readonly event: 'broken';
  readonly why: string;
}

/** The client came back for the rest. */
export interface Resumed extends Line {
  readonly event: 'resumed';
  readonly after: string;
  readonly status: number;
}

/** The client has stopped to wait for an answer: it cancelled, or broke off, or has sent a new request instead. */
export interface Abandoned extends Line {
  readonly event: 'abandoned';
  readonly why: string;
}

/** A tool has done something that it must not do twice. `client` and `request` are those of its tag. */
export interface Effect extends Line {
  readonly event: 'effect';
  readonly pid: number;
}

/** What the checker says against a history. */
export interface Violation {
  readonly rule: Rule;
  readonly request: string;
  readonly client: string;
  readonly what: string;
}

export type Rule = 'answer' | 'result' | 'order' | 'progress' | 'silence' | 'effect' | 'privacy' | 'time';

/** All that one request saw, in the order in which it came. */
export interface RequestHistory {
  readonly sent: Sent;
  readonly events: readonly HistoryEvent[];
}
