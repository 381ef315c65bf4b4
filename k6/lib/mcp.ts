import http, { type RefinedResponse } from 'k6/http';

/** An answer, its body as text. */
export type Answer = RefinedResponse<'text'>;

/** The endpoint under load, `/mcp` included. */
export const MCP_URL = __ENV['MCP_URL'] ?? 'http://127.0.0.1:3000/mcp';

export const STATELESS_REVISION = '2026-07-28';
export const SESSION_REVISION = '2025-11-25';

const CLIENT = { name: 'mcp-cluster-k6', version: '1.0.0' };
const ACCEPT = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

/** One request of a client, before its revision's headers and `_meta` are added. */
export interface McpRequest {
  id: number;
  method: string;
  params?: Record<string, unknown>;
  /** What progress is reported under; asks for an event stream. */
  progressToken?: string;
}

/** `echo` of a text, after a delay in which it reports progress when there is a token. */
export function echo(id: number, text: string, delayMs = 0, progressToken?: string): McpRequest {
  const request = { id, method: 'tools/call', params: { name: 'echo', arguments: { text, delayMs } } };
  return progressToken === undefined ? request : { ...request, progressToken };
}

/** 2026-07-28: everything in the one request, and its headers agree with its body. */
export function sendStateless(request: McpRequest, tags: Record<string, string>): Answer {
  const name = request.params?.['name'];
  const headers = {
    ...ACCEPT,
    'MCP-Protocol-Version': STATELESS_REVISION,
    'Mcp-Method': request.method,
    ...(typeof name === 'string' ? { 'Mcp-Name': name } : {}),
  };
  const meta = {
    'io.modelcontextprotocol/protocolVersion': STATELESS_REVISION,
    'io.modelcontextprotocol/clientInfo': CLIENT,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return post(bodyOf(request, meta), headers, { ...tags, era: 'stateless', method: request.method });
}

/** A client of 2025-11-25: `open`, then `send` as often as needed, then `end`. */
export class Session {
  #id = '';

  /** Initialises the session; the answer is given for checking. */
  open(tags: Record<string, string>): { initialize: Answer; initialized: Answer } {
    const params = { protocolVersion: SESSION_REVISION, capabilities: {}, clientInfo: CLIENT };
    const initialize = post(bodyOf({ id: 0, method: 'initialize', params }), ACCEPT, {
      ...tags,
      era: 'session',
      method: 'initialize',
    });
    this.#id = initialize.headers['Mcp-Session-Id'] ?? '';
    const notification = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const initialized = post(notification, this.#headers(), {
      ...tags,
      era: 'session',
      method: 'notifications/initialized',
    });
    return { initialize, initialized };
  }

  /** Empty when `initialize` gave none. */
  get id(): string {
    return this.#id;
  }

  send(request: McpRequest, tags: Record<string, string>): Answer {
    return post(bodyOf(request), this.#headers(), { ...tags, era: 'session', method: request.method });
  }

  end(tags: Record<string, string>): Answer {
    return http.del(MCP_URL, null, {
      headers: this.#headers(),
      tags: { ...tags, era: 'session', method: 'DELETE', name: 'DELETE' },
      responseType: 'text',
    });
  }

  #headers(): Record<string, string> {
    return { ...ACCEPT, 'MCP-Protocol-Version': SESSION_REVISION, 'Mcp-Session-Id': this.#id };
  }
}

function bodyOf({ id, method, params, progressToken }: McpRequest, meta: Record<string, unknown> = {}): string {
  const all = progressToken === undefined ? meta : { ...meta, progressToken };
  const _meta = Object.keys(all).length === 0 ? {} : { _meta: all };
  return JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, ..._meta } });
}

/** `name` groups k6's metrics: by method, since the URL is always the same. */
function post(body: string, headers: Record<string, string>, tags: Record<string, string>): Answer {
  const name = tags['method'] ?? MCP_URL;
  return http.post(MCP_URL, body, { headers, tags: { ...tags, name }, responseType: 'text', timeout: '30s' });
}
