import type { Draw } from './draw.js';
import type { Header } from './input.js';
import { livePlace } from './session-places.js';

export interface ValidMessage {
  readonly headers: readonly Header[];
  readonly message: Readonly<Record<string, unknown>>;
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, sampling: {}, roots: {} },
  'io.modelcontextprotocol/clientInfo': { name: 'fuzz', version: '1' },
};
const TYPES: readonly Header[] = [
  ['Content-Type', 'application/json'],
  ['Accept', 'application/json, text/event-stream'],
];
const PROMPT = { type: 'ref/prompt', name: 'test_prompt_with_arguments' };

/** Methods with parameters that both eras know. What they start ends by itself within a second. */
const CALLS: readonly (readonly [method: string, params: Readonly<Record<string, unknown>>])[] = [
  ['tools/call', { name: 'echo', arguments: { text: 'hello', delayMs: 0 } }],
  ['tools/call', { name: 'echo', arguments: { text: 'later', delayMs: 120 } }],
  ['tools/call', { name: 'run_analysis', arguments: { rows: 500, range: 100, chunkSize: 50, seed: 7 } }],
  ['tools/call', { name: 'analyze_dataset', arguments: { path: 'sample.csv', column: 'value' } }],
  ['tools/call', { name: 'json_schema_2020_12_tool', arguments: { name: 'a', address: { street: 's', city: 'c' } } }],
  ['tools/call', { name: 'test_error_handling', arguments: {} }],
  ['tools/call', { name: 'test_tool_with_progress', arguments: {} }],
  ['tools/list', {}],
  ['tools/list', { cursor: 'bm90aGluZw' }],
  ['prompts/list', {}],
  ['prompts/get', { name: 'test_prompt_with_arguments', arguments: { arg1: 'a', arg2: 'b' } }],
  ['resources/list', {}],
  ['resources/templates/list', {}],
  ['resources/read', { uri: 'test://template/12/data' }],
  ['resources/read', { uri: 'test://static-binary' }],
  ['completion/complete', { ref: PROMPT, argument: { name: 'arg1', value: 'a' } }],
];
/** Only of 2026-07-28. */
const STATELESS: typeof CALLS = [
  ['server/discover', {}],
  ['subscriptions/listen', { notifications: { toolsListChanged: true, resourceSubscriptions: ['test://watched-resource'] } }],
  ['tools/call', { name: 'test_input_required_result_elicitation', arguments: {} }],
  [
    'tools/call',
    {
      name: 'test_input_required_result_request_state',
      arguments: {},
      requestState: 'AAAAAAAAAAAAAAAAAAAAAAAA',
      inputResponses: { confirm: { action: 'accept', content: { ok: true } } },
    },
  ],
];
/** Only of the revisions with sessions. */
const IN_SESSION: typeof CALLS = [
  ['ping', {}],
  ['logging/setLevel', { level: 'warning' }],
  ['resources/subscribe', { uri: 'test://watched-resource' }],
  ['resources/unsubscribe', { uri: 'test://watched-resource' }],
];

/** A message that the cluster answers as it should, with its headers. */
export function validMessage(draw: Draw): ValidMessage {
  if (draw.chance(0.5)) return stateless(draw);
  return draw.chance(0.15) ? beginning(draw) : inSession(draw);
}

function stateless(draw: Draw): ValidMessage {
  const [method, params] = draw.pick(draw.chance(0.8) ? CALLS : STATELESS);
  const name = params['name'] ?? params['uri'];
  const headers: Header[] = [...TYPES, ['MCP-Protocol-Version', '2026-07-28'], ['Mcp-Method', method]];
  if (typeof name === 'string') headers.push(['Mcp-Name', draw.chance(0.2) ? sentinel(name) : name]);
  const _meta = { ...META, ...(draw.chance(0.3) ? { progressToken: draw.pick(['t', 0, 7]) } : {}) };
  return { headers, message: request(draw, method, { ...params, _meta }) };
}

function beginning(draw: Draw): ValidMessage {
  const protocolVersion = draw.pick(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '1999-01-01']);
  const params = { protocolVersion, capabilities: { roots: {} }, clientInfo: { name: 'fuzz', version: '1' } };
  return { headers: TYPES, message: request(draw, 'initialize', params) };
}

function inSession(draw: Draw): ValidMessage {
  const headers: Header[] = [...TYPES, ['Mcp-Session-Id', livePlace(draw)], ['MCP-Protocol-Version', '2025-11-25']];
  const other = draw.int(10);
  if (other === 0) return { headers, message: notification(draw) };
  if (other === 1) return { headers, message: response(draw) };
  const [method, params] = draw.pick(draw.chance(0.8) ? CALLS : IN_SESSION);
  const progress = draw.chance(0.3) ? { _meta: { progressToken: draw.pick(['t', 0, 7]) } } : {};
  return { headers, message: request(draw, method, { ...params, ...progress }) };
}

function notification(draw: Draw): ValidMessage['message'] {
  const [method, params] = draw.pick([
    ['notifications/initialized', {}],
    ['notifications/cancelled', { requestId: 1, reason: 'no longer needed' }],
    ['notifications/roots/list_changed', {}],
    ['notifications/progress', { progressToken: 't', progress: 1 }],
  ] as const);
  return { jsonrpc: '2.0', method, params };
}

/** To a question that nobody asked. */
function response(draw: Draw): ValidMessage['message'] {
  const id = draw.pick(['n1.1', 'node-1.7', 'nowhere.1', '.', '7']);
  const answer = draw.chance(0.5) ? { result: { action: 'accept' } } : { error: { code: -1, message: 'no' } };
  return { jsonrpc: '2.0', id, ...answer };
}

function request(draw: Draw, method: string, params: object): ValidMessage['message'] {
  return { jsonrpc: '2.0', id: draw.pick([1, 'a', 0, 'request-17']), method, params };
}

/** The form of 2026-07-28 for header values that are not plain ASCII. */
export function sentinel(text: string): string {
  return `=?base64?${Buffer.from(text).toString('base64')}?=`;
}
