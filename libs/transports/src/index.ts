export { MAX_BODY_BYTES } from './http/body.js';
export { HostGuard, type HostGuardOptions, type Refusal } from './http/host-guard.js';
export { HttpTransport, type HttpTransportOptions } from './http/http-transport.js';
export { createMcpServer, isMcpPath, MCP_PATH } from './http/mcp-server.js';
export { closeStalled, DEFAULT_STALL_MS } from './http/stall-guard.js';
export {
  CLOSE_REASONS,
  EVICTION_BOUNDS,
  RESUME_RESULTS,
  STREAM_KINDS,
  type CloseReason,
  type EvictionBound,
  type ResumeResult,
  type StreamKind,
  type StreamObserver,
} from './http/stream-observer.js';
export type { StreamReadings } from './http/stream-services.js';
export { StdioTransport, type StdioTransportOptions } from './stdio/stdio-transport.js';
