/** One `tools/call echo` as bytes, for a load generator that repeats it, and the check of a whole answer. */
export interface Call {
  headers: Record<string, string>;
  body: string;
  /** Stands in every right answer and in no error. */
  expect: string;
}

/** What is echoed: 64 characters, none of which JSON escapes. */
export const TEXT = 'The quick brown fox jumps over the lazy dog and then sleeps 1234';

const ACCEPT = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const SESSION_REVISION = '2025-11-25';
const STATELESS_REVISION = '2026-07-28';
const CLIENT = { name: 'mcp-cluster-bench', version: '1.0.0' };
const EXPECT = `"text":"${TEXT}"`;

function callOf(headers: Record<string, string>, meta?: object): Call {
  const params = { name: 'echo', arguments: { text: TEXT }, ...(meta === undefined ? {} : { _meta: meta }) };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  return { headers: { ...ACCEPT, ...headers }, body, expect: EXPECT };
}

/** 2026-07-28: every header and `_meta` key that the revision asks for, in each request. */
export function statelessCall(): Call {
  return callOf(
    { 'mcp-protocol-version': STATELESS_REVISION, 'mcp-method': 'tools/call', 'mcp-name': 'echo' },
    {
      'io.modelcontextprotocol/protocolVersion': STATELESS_REVISION,
      'io.modelcontextprotocol/clientInfo': CLIENT,
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  );
}

/** 2025-11-25 without a session: for servers that answer each request alone. */
export function sessionlessCall(): Call {
  return callOf({ 'mcp-protocol-version': SESSION_REVISION });
}

/** 2025-11-25 within a session that was just opened and initialised. */
export async function sessionCall(url: string): Promise<Call> {
  const initialize = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: SESSION_REVISION, capabilities: {}, clientInfo: CLIENT },
  };
  const answer = await post(url, ACCEPT, JSON.stringify(initialize));
  await answer.text();
  const id = answer.headers.get('mcp-session-id');
  if (answer.status !== 200 || id === null) {
    throw new Error(`initialize: expected 200 with a session id, got ${String(answer.status)}`);
  }
  const call = callOf({ 'mcp-protocol-version': SESSION_REVISION, 'mcp-session-id': id });
  const initialized = await post(url, call.headers, '{"jsonrpc":"2.0","method":"notifications/initialized"}');
  await initialized.text();
  if (initialized.status !== 202) throw new Error(`initialized: expected 202, got ${String(initialized.status)}`);
  return call;
}

/** Makes the call once and reads the whole answer. @throws when anything but the echoed text comes back */
export async function checkCall(url: string, call: Call): Promise<void> {
  const answer = await post(url, call.headers, call.body);
  const body = await answer.text();
  const message = JSON.parse(jsonOf(answer.headers.get('content-type') ?? '', body)) as {
    id?: unknown;
    result?: { isError?: boolean; content?: { text?: string }[] };
  };
  const right = message.id === 1 && message.result?.isError !== true && message.result?.content?.[0]?.text === TEXT;
  if (answer.status !== 200 || !right || !body.includes(call.expect)) {
    throw new Error(`echo: expected its text, got ${String(answer.status)} ${body.slice(0, 500)}`);
  }
}

/** Makes sure that `tools/list` has so many tools: the number is part of what is compared. */
export async function checkToolCount(url: string, call: Call, expected: number): Promise<void> {
  const {
    name: _name,
    arguments: _arguments,
    ...rest
  } = (JSON.parse(call.body) as { params: Record<string, unknown> }).params;
  const headers = { ...call.headers };
  delete headers['mcp-name'];
  if (headers['mcp-method'] !== undefined) headers['mcp-method'] = 'tools/list';
  let count = 0;
  let cursor: string | undefined;
  do {
    const params = cursor === undefined ? rest : { ...rest, cursor };
    const answer = await post(url, headers, JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list', params }));
    const body = jsonOf(answer.headers.get('content-type') ?? '', await answer.text());
    const { result } = JSON.parse(body) as { result?: { tools: unknown[]; nextCursor?: string } };
    if (result === undefined) throw new Error(`tools/list: got ${body.slice(0, 500)}`);
    count += result.tools.length;
    cursor = result.nextCursor;
  } while (cursor !== undefined);
  if (count !== expected) throw new Error(`expected ${String(expected)} tools, the server lists ${String(count)}`);
}

/** The one JSON-RPC message of an answer that is JSON or an event stream. */
function jsonOf(contentType: string, body: string): string {
  if (!contentType.startsWith('text/event-stream')) return body;
  return body
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trim())
    .filter((data) => data !== '')
    .join('');
}

function post(url: string, headers: Record<string, string>, body: string): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body });
}
