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
});
export type NodeStatus = z.infer<typeof nodeStatus>;
