/** What came back for one input. */
export interface Outcome {
  /** Of every answer, in their order, without 1xx. */
  readonly statuses: readonly number[];
  /** The bytes that came, as Latin-1, cut. */
  readonly text: string;
  /** Why there is no answer, or not the whole of it. */
  readonly failure?: string;
}

/** Milliseconds in which a whole request must be answered: the slowest valid one takes 0.5 s, the rest is for busy cores. */
export const ANSWER_MS = 10_000;
/** Milliseconds that a stream is read after its answer has begun: enough to see what it brings, then it is cut. */
export const STREAM_MS = 150;
/** Milliseconds that a connection stays open after bytes that may be no request: most are refused in a few. */
export const HOLD_MS = 300;
/** Characters that are kept of an answer. */
export const MAX_TEXT = 65_536;

/** Answers after which no other can be waited for on the same connection. */
export const ENDS_CONNECTION = /\r\n(?:connection: close|content-type: text\/event-stream)/i;

/** What is wrong with an outcome, or undefined. `demanded`: answers that the input has a right to. */
export function complaint({ statuses, text, failure }: Outcome, demanded: number): string | undefined {
  const broken = statuses.find((status) => status >= 500);
  if (broken !== undefined) return `answered with ${String(broken)}: ${text.slice(0, 300)}`;
  // -32603 is what an exception that nobody foresaw becomes.
  if (/"code":-32603\b/.test(text)) return `answered with an internal error: ${text.slice(0, 300)}`;
  // After a stream, or an answer that says it is the last, the requests behind it have no right to one.
  const last = ENDS_CONNECTION.test(text) ? Math.min(1, demanded) : demanded;
  if (statuses.length < last)
    return `got ${String(statuses.length)} of ${String(last)} answers: ${failure ?? 'connection closed'}; ${text.slice(0, 300)}`;
  return undefined;
}
