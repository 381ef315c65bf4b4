import { z } from 'zod';

const nodeId = z.string().min(1).max(64);
const port = z.int().min(1).max(65_535);
const count = z.int().min(0);

/** What a node sends its supervisor over IPC when it serves. */
export const listeningMessage = z.object({
  type: z.literal('listening'),
  id: nodeId,
  /** TCP port of `/mcp`. */
  mcpPort: port,
  /** TCP port of `/readyz`, `/livez`, `/metrics`. */
  managementPort: port,
  pid: z.int().min(1),
  version: z.string().max(64),
});
export type ListeningMessage = z.infer<typeof listeningMessage>;

/** An event for every other node, sent over IPC; the supervisor passes it on unread. */
export const busMessage = z.object({ type: z.literal('bus'), event: z.unknown() });
export type BusMessage = z.infer<typeof busMessage>;

/** Anything a node may send its supervisor. */
export const nodeMessage = z.discriminatedUnion('type', [listeningMessage, busMessage]);

const measure = z.number().min(0);

/** How busy a node was in the last ten seconds. */
export const reportedLoad = z.object({
  /** Of one core, or of the processor limit of its container where that is less; over 100 with worker threads. */
  cpuPercent: measure,
  /** Of what the process may use: its container's limit or its heap's, whichever is nearer. */
  memoryPercent: measure,
  /** Share of the time in which the event loop was not idle. */
  eventLoopPercent: measure,
  /** How late the event loop ran what was due, milliseconds: the mean over the seconds of the slowest turns in each. */
  eventLoopLagMs: measure,
  /** Requests that ended, and the milliseconds that they took: the mean, and what 95 of 100 stayed below. 0 without any. */
  calls: count,
  responseMs: measure,
  responseP95Ms: measure,
  /** Calls that wait for a place. */
  queue: count,
});
export type ReportedLoad = z.infer<typeof reportedLoad>;

/** The body of a node's `GET /readyz`, with status 200 when ready and 503 otherwise. */
export const nodeStatus = z.object({
  id: nodeId,
  version: z.string().max(64),
  state: z.enum(['starting', 'ready', 'draining']),
  /** Requests being answered. */
  inFlight: count,
  /** Sessions of 2025 clients that the node holds. */
  sessions: count,
  /** Response streams that are open. */
  streams: count,
  mcpPort: port,
  /** Advice for scaling: one that is wrong counts as missing, and never takes a node out that answers. */
  load: reportedLoad.optional().catch(undefined),
});
export type NodeStatus = z.infer<typeof nodeStatus>;
