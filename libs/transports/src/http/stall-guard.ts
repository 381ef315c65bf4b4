import type { ServerResponse } from 'node:http';

/** NATS gives a slow reader as long (reliability.md, experiment 13). */
export const DEFAULT_STALL_MS = 10_000;

/**
 * Closes an answer whose reader takes nothing for `ms` while bytes wait for it: what waits is held in memory, and
 * a reader that has stopped would hold it for ever. A quiet answer, for which nothing waits, stays open.
 *
 * The socket's own timer decides, since only the socket sees a part of a large write go: it starts anew with every
 * write, and when it runs out it looks whether the queue of the kernel's side has moved. Our own clock could only see
 * whole writes go, and would take a slow reader of a large result for one that has stopped. It follows that the
 * reader is closed after `ms` to twice `ms`. Bytes that the kernel has taken do not count: they cost no heap.
 * @param ms milliseconds, above 0
 * @param onStalled called before the connection is destroyed, for the count
 */
export function closeStalled(response: ServerResponse, ms: number, onStalled?: () => void): void {
  response.setTimeout(ms, () => {
    if (response.writableLength === 0) return; // quiet, not stalled: the next write starts the timer again
    onStalled?.();
    response.destroy();
  });
  // Before Node's own listener, which then sets the keep-alive time: a timer left behind would close the connection
  // under the next request.
  response.prependOnceListener('finish', () => response.setTimeout(0));
}
