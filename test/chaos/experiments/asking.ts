import { tagOf } from '../checker/tags.ts';
import { exchange } from '../workloads/http-exchange.ts';

/** A question of 2026-07-28: the call has ended, and whoever brings the answer brings its state with it. */
export interface Question {
  readonly tag: string;
  readonly state: string;
}

/** Calls a tool that asks its user for a name. */
export async function ask(url: string, client: string): Promise<Question> {
  const tag = tagOf(client, `${client}.ask`);
  const { result } = await call(url, client, { arguments: { tag } });
  const state = result?.['requestState'];
  if (typeof state !== 'string') throw new Error(`no question: ${JSON.stringify(result)}`);
  return { tag, state };
}

/** Answers it, at whatever manager; gives the text of the result. */
export async function reply(url: string, client: string, { tag, state }: Question): Promise<string> {
  const inputResponses = { name: { action: 'accept', content: { name: 'Ada' } } };
  const { result } = await call(url, client, { arguments: { tag }, requestState: state, inputResponses });
  const content = (result?.['content'] ?? []) as { text?: string }[];
  return content.map(({ text = '' }) => text).join('');
}

async function call(url: string, client: string, more: object): Promise<{ result?: Record<string, unknown> }> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
    'io.modelcontextprotocol/clientInfo': { name: client, version: '1' },
  };
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'ask_name' };
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'ask_name', ...more, _meta } };
  const answer = await exchange(url, 'POST', headers, body, AbortSignal.timeout(5_000));
  return JSON.parse(await answer.whole()) as { result?: Record<string, unknown> };
}
