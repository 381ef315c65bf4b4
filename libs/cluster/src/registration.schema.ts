import { z } from 'zod';

const id = z.string().min(1).max(64);
const origin = z.url({ protocol: /^http$/ }).max(300);

/** What a node says of itself in the shared store, so that managers and other nodes find it. */
export const nodeRegistration = z.object({
  id,
  /** Another one each time the process starts: a lease belongs to one life of a node. */
  incarnation: id,
  /** Of its MCP port, for example `http://10.0.0.5:3001`. */
  origin,
  managementOrigin: origin,
  pid: z.int().min(1),
  version: z.string().max(64),
});
export type NodeRegistration = z.infer<typeof nodeRegistration>;

/**
 * Milliseconds that a node's lease lasts, and after which it is renewed. A third and a bit: one lost renewal costs
 * nothing. With 1.5 s a call that was on a dead node goes on within 2 s (reliability.md, experiment 1).
 */
export const NODE_LEASE_MS = 1_500;
export const NODE_RENEW_MS = 400;

/** Who leads: shorter than a person notices, and long enough for a pause of the event loop (experiment 11: 3/2/0.5 s). */
export const LEADER_LEASE_MS = 3_000;
export const LEADER_RETRY_MS = 500;

/** Nodes with a lease, as the shared store knows them. Each call rejects with LocalError `store_unavailable`. */
export interface NodeDirectory {
  list(): Promise<readonly NodeRegistration[]>;
  /** The process of a node has ended for certain: its lease ends now, so that nobody waits for it. */
  declareGone(id: string): Promise<void>;
}

/** A leader's term: whatever is written in it carries the token, and a store refuses older tokens. */
export interface Term {
  readonly token: number;
}

/** One of several managers leads at a time. */
export interface Leadership {
  /** The term that this process leads in; undefined while it does not. Judged by a monotonic clock, before the lease is over. */
  readonly term: Term | undefined;
  onChange(listener: (term: Term | undefined) => void): void;
  start(): void;
  /** Gives the lease up, so that another one leads at once. */
  stop(): Promise<void>;
}
