const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'mcp-cluster-bench', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A request of 2026-07-28 as JSON. */
export function statelessBody(method: string, params: Record<string, unknown>, id: number): string {
  const meta = { ...ENVELOPE, ...(params['_meta'] as object | undefined) };
  return JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } });
}

/** Its headers. @param name the tool that it calls */
export function statelessHeaders(method: string, name?: string): Record<string, string> {
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method };
  return name === undefined ? headers : { ...headers, 'mcp-name': name };
}

/** A whole POST as bytes, for a socket that is read by hand or not at all. */
export function postBytes(headers: Record<string, string>, body: string): Buffer {
  const all = {
    host: 'localhost',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`POST /mcp HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body}`);
}
