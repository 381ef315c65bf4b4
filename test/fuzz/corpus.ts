import { randomInt, type Rng } from '@mcp-cluster/kernel';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

/** A good message, from which bad ones are made. */
export interface Sample {
  readonly era: 'stateless' | 'session';
  readonly message: JsonObject;
}

type Call = readonly [method: string, params: JsonObject];

const TASKS = { 'io.modelcontextprotocol/tasks': {} };
const FORM = { clientCapabilities: { elicitation: {}, sampling: {}, roots: {}, extensions: TASKS } };
const WITH_TOKEN: JsonObject = { _meta: { progressToken: 'p' } };

/** Delays and row counts are small: one changed digit must not make a call that outlives the test. */
const SHARED: readonly Call[] = [
  ['tools/list', {}],
  ['tools/call', { name: 'echo', arguments: { text: 'häl"lo\n' } }],
  ['tools/call', { name: 'echo', arguments: { text: 'later', delayMs: 20 }, ...WITH_TOKEN }],
  ['tools/call', { name: 'run_analysis', arguments: { rows: 50, range: 10, chunkSize: 5, seed: 7 }, ...WITH_TOKEN }],
  ['tools/call', { name: 'analyze_dataset', arguments: { rowCount: 50 } }],
  ['tools/call', { name: 'multi_stage_pipeline', arguments: { input: 'measurements.csv' } }],
  ['tools/call', { name: 'process_large_file', arguments: { size: 5000, seed: 1 }, ...WITH_TOKEN }],
  ['tools/call', { name: 'start_job', arguments: { tool: 'echo', arguments: { text: 'job' } } }],
  ['tools/call', { name: 'check_status', arguments: { jobId: 'AAAA' } }],
  ['tools/call', { name: 'test_elicitation', arguments: { message: 'Who?' } }],
  [
    'tools/call',
    { name: 'test_input_required_result_multi_round', arguments: {}, inputResponses: {}, requestState: 'AAAA' },
  ],
  ['tools/call', { name: 'test_tool_with_logging', arguments: {} }],
  ['prompts/list', {}],
  ['prompts/get', { name: 'test_prompt_with_arguments', arguments: { arg1: 'a', arg2: 'b' } }],
  ['resources/list', {}],
  ['resources/templates/list', {}],
  ['resources/read', { uri: 'test://static-text' }],
  ['resources/read', { uri: 'test://template/123/data' }],
  ['resources/read', { uri: 'logs://worker.log' }],
  ['resources/read', { uri: 'logs://worker.log?bytes=0-99' }],
  ['resources/read', { uri: 'data://events.ndjson' }],
  [
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' }, argument: { name: 'arg1', value: 'a' } },
  ],
];
const STATELESS: readonly Call[] = [
  ['server/discover', {}],
  ['tasks/get', { taskId: 'AAAA' }],
  ['tasks/update', { taskId: 'AAAA', inputResponses: {} }],
  ['tasks/cancel', { taskId: 'AAAA' }],
  [
    'subscriptions/listen',
    { notifications: { toolsListChanged: true, resourceSubscriptions: ['test://watched-resource'] } },
  ],
];
const SESSION: readonly Call[] = [
  ['ping', {}],
  ['initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'fuzz', version: '1' } }],
  ['logging/setLevel', { level: 'debug' }],
  ['resources/subscribe', { uri: 'test://watched-resource' }],
  ['resources/unsubscribe', { uri: 'test://watched-resource' }],
];
/** Messages of a session that are no requests. */
const UNASKED: readonly JsonObject[] = [
  { method: 'notifications/initialized' },
  { method: 'notifications/cancelled', params: { requestId: 1, reason: 'why' } },
  { id: 'node.1', result: { action: 'decline' } },
  { id: 'node.1', error: { code: -1, message: 'no' } },
];

/** The `_meta` of 2026-07-28. */
function envelope(params: JsonObject): JsonObject {
  const prefix = 'io.modelcontextprotocol/';
  return {
    ...params,
    _meta: {
      ...(params['_meta'] as JsonObject | undefined),
      [`${prefix}protocolVersion`]: '2026-07-28',
      [`${prefix}clientInfo`]: { name: 'fuzz', version: '1' },
      [`${prefix}clientCapabilities`]: FORM.clientCapabilities,
    },
  };
}

/** A good message of either era. */
export function sample(rng: Rng): Sample {
  const id = randomInt(rng, 2) === 0 ? randomInt(rng, 1_000_000) : `id-${String(randomInt(rng, 1_000_000))}`;
  if (randomInt(rng, 2) === 0) {
    const [method, params] = pick(rng, [...SHARED, ...STATELESS]);
    return { era: 'stateless', message: { jsonrpc: '2.0', id, method, params: envelope(params) } };
  }
  if (randomInt(rng, 8) === 0) return { era: 'session', message: { jsonrpc: '2.0', ...pick(rng, UNASKED) } };
  const [method, params] = pick(rng, [...SHARED, ...SESSION]);
  return { era: 'session', message: { jsonrpc: '2.0', id, method, params } };
}

export function pick<T>(rng: Rng, items: readonly T[]): T {
  return items[randomInt(rng, items.length)] as T;
}
