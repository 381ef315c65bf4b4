export { HeldTool } from './held-tool.js';
export { HttpAnswer, readEvents, readFrames, type StreamEvent } from './http-answer.js';
export { envelope, HttpNode, NO_HEADER, type HeaderValues, type HttpNodeOptions } from './http-node.js';
export { RawConnection } from './raw-connection.js';
export { StreamRecord } from './stream-record.js';
export { FakeResponse } from './fake-response.js';
export { InterruptedCall } from './interrupted-call.js';
export { CrawledSite, htmlPage, indexOf, redirectTo, sitemapOf, type Route } from './crawled-site.js';
