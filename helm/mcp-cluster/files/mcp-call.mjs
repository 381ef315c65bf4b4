// What `helm test` runs: real MCP calls through the manager's Service to a node, in both eras, with the content checked.
// It runs on the chart's own image and needs nothing but Node.
import { randomUUID } from 'node:crypto';
import process from 'node:process';

const url = process.argv[2];
const TIMEOUT_MS = 15_000; // a call here takes milliseconds; a pod that hangs must fail, not wait for helm's timeout
const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';
const client = { name: 'helm-test', version: '1' };

/** Sends one message; returns the response and, for a request, the JSON-RPC answer from a JSON or SSE body. */
async function send(message, headers) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${message.method}: HTTP ${response.status}: ${text}`);
  if (message.id === undefined) return { response };
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  const messages = isStream ? events(text) : [JSON.parse(text)];
  const answer = messages.find((candidate) => candidate.id === message.id);
  if (answer?.result === undefined) throw new Error(`${message.method}: no result in ${text}`);
  return { response, result: answer.result };
}

function events(text) {
  const data = text.split('\n').filter((line) => line.startsWith('data:') && line.length > 'data: '.length);
  return data.map((line) => JSON.parse(line.slice('data:'.length)));
}

function expectEcho(result, text) {
  const came = result.content?.[0]?.text;
  if (result.isError || !String(came).includes(text))
    throw new Error(`echo: expected ${text}, got ${JSON.stringify(result)}`);
}

async function modern() {
  const request = (id, method, params, name) =>
    send(
      {
        id,
        method,
        params: {
          ...params,
          _meta: {
            'io.modelcontextprotocol/protocolVersion': MODERN,
            'io.modelcontextprotocol/clientCapabilities': {},
            'io.modelcontextprotocol/clientInfo': client,
          },
        },
      },
      { 'mcp-protocol-version': MODERN, 'mcp-method': method, ...(name === undefined ? {} : { 'mcp-name': name }) },
    );
  const { result: discovered } = await request(1, 'server/discover', {});
  if (!discovered.supportedVersions?.includes(MODERN))
    throw new Error(`server/discover: ${JSON.stringify(discovered)}`);
  const text = randomUUID();
  const { result } = await request(2, 'tools/call', { name: 'echo', arguments: { text } }, 'echo');
  expectEcho(result, text);
}

async function legacy() {
  const agreed = { protocolVersion: LEGACY, capabilities: {}, clientInfo: client };
  const { response, result } = await send({ id: 1, method: 'initialize', params: agreed });
  if (result.protocolVersion !== LEGACY) throw new Error(`initialize: ${JSON.stringify(result)}`);
  const headers = { 'mcp-protocol-version': LEGACY };
  const session = response.headers.get('mcp-session-id');
  if (session === null) throw new Error('initialize: no mcp-session-id header');
  headers['mcp-session-id'] = session;
  await send({ method: 'notifications/initialized' }, headers);
  const text = randomUUID();
  const call = { id: 2, method: 'tools/call', params: { name: 'echo', arguments: { text } } };
  expectEcho((await send(call, headers)).result, text);
  await fetch(url, { method: 'DELETE', headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
}

for (const [era, check] of [
  [MODERN, modern],
  [LEGACY, legacy],
]) {
  await check();
  console.log(`ok: ${era} through ${url}`);
}
