import { LocalError } from '@mcp-cluster/kernel';
import { request } from 'undici';

/** Milliseconds for a node to take the order: it answers at once or its event loop is stuck. */
const ORDER_TIMEOUT_MS = 1_000;

/** Tells the node with that management port to drain. Rejects when it does not take the order. */
export type DrainOrder = (managementOrigin: string) => Promise<void>;

/** `POST /drain`. The node is `draining` from its answer on, and goes on serving while managers notice. */
export const orderDrain: DrainOrder = async (managementOrigin) => {
  const { statusCode, body } = await request(`${managementOrigin}/drain`, {
    method: 'POST',
    headersTimeout: ORDER_TIMEOUT_MS,
    bodyTimeout: ORDER_TIMEOUT_MS,
    signal: AbortSignal.timeout(ORDER_TIMEOUT_MS),
  });
  await body.dump();
  if (statusCode !== 202)
    throw new LocalError('drain_refused', `order to drain: expected 202, got ${String(statusCode)}`);
};
