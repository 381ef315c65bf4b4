import { readFrames, type HttpAnswer } from '@mcp-cluster/testkit/http';
import { expect } from 'vitest';
import type { RpcMessage } from './raw-http.js';

/** The messages of an event stream that have come so far. */
export function messagesIn(answer: HttpAnswer): RpcMessage[] {
  return readFrames(answer.soFar).flatMap(({ message }) => (message === undefined ? [] : [message as RpcMessage]));
}

/** Results and errors among them. */
export function answersIn(answer: HttpAnswer): RpcMessage[] {
  return messagesIn(answer).filter(({ id }) => id !== undefined);
}

/** The values of its progress. */
export function progressIn(answer: HttpAnswer): number[] {
  return messagesIn(answer).flatMap(({ method, params }) =>
    method === 'notifications/progress' ? [params!['progress'] as number] : [],
  );
}

/** The place after its last event: what its client would come back with. */
export function placeOf(answer: HttpAnswer): string {
  return readFrames(answer.soFar).at(-1)?.id ?? '';
}

/** S03: strictly rising, so that nothing came twice. */
export function expectRising(values: readonly number[]): void {
  expect(values).toEqual([...new Set(values)].sort((first, second) => first - second));
}
