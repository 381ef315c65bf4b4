export { MAX_BODY_BYTES } from './http/body.js';
export { HostGuard, type HostGuardOptions, type Refusal } from './http/host-guard.js';
export { HttpTransport, type HttpTransportOptions } from './http/http-transport.js';
export { createMcpServer, isMcpPath, MCP_PATH } from './http/mcp-server.js';
export { StdioTransport, type StdioTransportOptions } from './stdio/stdio-transport.js';
