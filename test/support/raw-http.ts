/** The envelope that every request of 2026-07-28 carries. */
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
};
const BOTH_TYPES = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export interface RpcMessage {
  readonly jsonrpc: '2.0';
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: Readonly<Record<string, unknown>>;
  };
}

export interface RawOptions {
  readonly id?: string | number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly progressToken?: string | number;
  readonly signal?: AbortSignal;
  /** What the client declares of itself (2026-07-28). */
  readonly capabilities?: Readonly<Record<string, unknown>>;
}

/** A request of 2026-07-28 as `fetch` takes it. */
export function stateless(method: string, params: Record<string, unknown> = {}, options: RawOptions = {}): RequestInit {
  const { id = 1, headers = {}, progressToken, signal, capabilities = {} } = options;
  const name = params['name'] ?? params['uri'] ?? params['taskId'];
  const declared = { 'io.modelcontextprotocol/clientCapabilities': capabilities };
  const _meta = { ...META, ...declared, ...(progressToken === undefined ? {} : { progressToken }) };
  return {
    method: 'POST',
    headers: {
      ...BOTH_TYPES,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** `echo` of 2026-07-28. */
export function echo(text: string, delayMs = 0, options: RawOptions = {}): RequestInit {
  return stateless('tools/call', { name: 'echo', arguments: { text, delayMs } }, options);
}

/** A message inside a session of 2025-11-25. */
export function inSession(session: string, message: object, options: RawOptions = {}): RequestInit {
  return {
    method: 'POST',
    headers: { ...BOTH_TYPES, 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25', ...options.headers },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

/** Begins a session of 2025-11-25 and gives its id. */
export async function beginSession(url: string): Promise<string> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
  const response = await fetch(url, {
    method: 'POST',
    headers: BOTH_TYPES,
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  });
  await response.text();
  const session = response.headers.get('mcp-session-id');
  if (session === null) throw new Error(`initialize gave no session: HTTP ${String(response.status)}`);
  await fetch(url, inSession(session, { method: 'notifications/initialized' }));
  return session;
}

/** The messages of an event stream, in the order in which they come, until it ends. */
export async function* events(response: Response): AsyncGenerator<RpcMessage> {
  if (response.body === null) return;
  let buffer = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    buffer += chunk;
    for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n')) {
      const data = /^data: ?(.*)$/m.exec(buffer.slice(0, end))?.[1];
      buffer = buffer.slice(end + 2);
      if (data !== undefined && data !== '') yield JSON.parse(data) as RpcMessage;
    }
  }
}

/** Every message that a response has: of a JSON body the one. */
export async function messages(response: Response): Promise<RpcMessage[]> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    return [(await response.json()) as RpcMessage];
  return collect(events(response));
}

/** What is left of a stream, until it ends. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
