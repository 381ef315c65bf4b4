import type { CallKind } from '../checker/history.ts';

/** A call that a workload is about to make. */
export interface CallPlan {
  readonly tool: string;
  /** Without the tag, which the client adds. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly kind: CallKind;
  readonly limitMs: number;
  /** Progress is asked for, so that the answer is a stream. */
  readonly streamed: boolean;
  /** An idempotency key for `_meta`. */
  readonly key?: string;
}

/** `_meta` member in which a client names a call that must run once. */
export const KEY_MEMBER = 'mcp-cluster/idempotencyKey';

/** A call that changes nothing: so many steps of that length, each with progress. */
export function slowRead(steps: number, stepMs: number, limitMs: number): CallPlan {
  return { tool: 'slow_read', args: { steps, stepMs }, kind: 'repeatable', limitMs, streamed: true };
}

/** A call that appends a line: after `beforeMs`, and `afterMs` before it answers. */
export function appendOnce(beforeMs: number, afterMs: number, limitMs: number): CallPlan {
  return { tool: 'append_once', args: { beforeMs, afterMs }, kind: 'once', limitMs, streamed: true };
}

/** The same, with a key: run at most once however often it is sent. */
export function appendKeyed(key: string, beforeMs: number, afterMs: number, limitMs: number): CallPlan {
  return { tool: 'append_once', args: { beforeMs, afterMs }, kind: 'keyed', limitMs, streamed: false, key };
}

/** A call that changes nothing, with a key: what it brought is stored for who asks again. */
export function keyedRead(key: string, steps: number, stepMs: number, limitMs: number): CallPlan {
  return { ...slowRead(steps, stepMs, limitMs), streamed: false, key };
}

/** The shortest call that there is. */
export function quick(limitMs: number): CallPlan {
  return { tool: 'slow_read', args: { steps: 0, stepMs: 0 }, kind: 'repeatable', limitMs, streamed: false };
}
