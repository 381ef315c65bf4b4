import { LocalError } from '@mcp-cluster/kernel';
import { Pool, type Dispatcher } from 'undici';

/** What a request needs of its node's connections: short-lived, or a stream that stands for hours. */
export type Lane = 'calls' | 'streams';

/**
 * Connections to one node for calls, and calls that may wait for one: Envoy's circuit breaker defaults
 * (1,024 connections, 1,024 pending). With both used up the node is full and takes nothing more.
 */
export const MAX_CALL_CONNECTIONS = 1024;
export const MAX_WAITING_CALLS = 1024;
/**
 * Standing streams to one node, each with a connection of its own. 5,000 idle streams a node are the target
 * of the soak test; the rest is room for the sessions of a node that just died.
 */
export const MAX_STREAM_CONNECTIONS = 8192;

/** Milliseconds to connect: nodes are one hop away, so a second means that nobody is there. */
const CONNECT_TIMEOUT_MS = 1000;
/**
 * No limit between the request and the first byte of its answer: a tool without progress may work for
 * minutes. Its client's patience ends the call, and a node that stops answering checks is severed.
 */
const HEADERS_TIMEOUT_MS = 0;
/** No limit between two chunks: a stream may be silent but for its keep-alive comments. */
const BODY_TIMEOUT_MS = 0;

/** What the relay needs of a node's connections; tests put their own in its place. */
export interface Link {
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler, lane: Lane): void;
  /** Ends every request that is open, each with an error, and goes on with new connections. */
  sever(): void;
  /** Ends every request that is open and stays closed. */
  close(): void;
}

/** Pooled keep-alive connections to one node. Streams have their own pool, so that calls never search past them. */
export class Upstream implements Link {
  private pools: Record<Lane, Pool>;

  /** @param origin for example `http://127.0.0.1:3001` */
  constructor(private readonly origin: string) {
    this.pools = openPools(origin);
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler, lane: Lane): void {
    this.pools[lane].dispatch(options, handler);
  }

  sever(): void {
    const old = this.pools;
    this.pools = openPools(this.origin);
    destroy(old);
  }

  close(): void {
    destroy(this.pools);
  }
}

function openPools(origin: string): Record<Lane, Pool> {
  const shared = {
    pipelining: 1,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_TIMEOUT_MS,
  };
  return {
    calls: new Pool(origin, { ...shared, connections: MAX_CALL_CONNECTIONS }),
    streams: new Pool(origin, { ...shared, connections: MAX_STREAM_CONNECTIONS }),
  };
}

function destroy(pools: Record<Lane, Pool>): void {
  const reason = new LocalError('node_gone', 'the node is gone');
  // The callback form: the promise would have to be owned, and there is nothing to do when it settles.
  for (const pool of [pools.calls, pools.streams]) pool.destroy(reason, () => undefined);
}
