export { RecordingReply, type Notified, type WireMessage } from './recording-reply.js';
export { TestNode, type Sent, type StatelessOptions, type TestNodeOptions } from './test-node.js';
export { testTool } from './test-tool.js';
export * from './task-node.js';
export { SharedTasks } from './shared-task-store.js';
export { keyedCall, KeyedCluster, keyedParams, textOf } from './keyed-cluster.js';
export { PlainCache } from './plain-cache.js';
