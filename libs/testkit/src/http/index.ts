export { HeldTool } from './held-tool.js';
export { HttpAnswer, readEvents } from './http-answer.js';
export { envelope, HttpNode, NO_HEADER, type HeaderValues, type HttpNodeOptions } from './http-node.js';
export { RawConnection } from './raw-connection.js';
