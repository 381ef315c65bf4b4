import type { Call } from '../harness/mcp-call.ts';

const REVISION = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'mcp-cluster-bench', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A request of 2026-07-28 as bytes. @param expect stands in every right answer */
export function statelessRequest(method: string, params: Record<string, unknown>, expect: string): Call {
  const name = params['name'] ?? params['uri'];
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': REVISION,
    'mcp-method': method,
    'mcp-name': String(name),
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } });
  return { headers, body, expect };
}

/** The text of a tool's answer. */
export async function callTool(url: string, name: string, args: Record<string, unknown>): Promise<string> {
  const { headers, body } = statelessRequest('tools/call', { name, arguments: args }, '');
  const response = await fetch(url, { method: 'POST', headers, body });
  const answer = (await response.json()) as { result?: { content: { text: string }[] }; error?: unknown };
  const text = answer.result?.content[0]?.text;
  if (text === undefined) throw new Error(`${name}: expected a text, got ${JSON.stringify(answer)}`);
  return text;
}
