import { setTimeout as later } from 'node:timers/promises';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly progress: number };
  readonly result?: {
    readonly content: { readonly text: string }[];
    readonly structuredContent?: { readonly metadata: { rowsProcessed: number } };
  };
}

const ACCEPT = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
/** Milliseconds between two good calls of one client. */
const PAUSE_MS = 20;
const ROWS = 200;
/** Milliseconds after which a call has got no answer. */
const PATIENCE_MS = 15_000;

/** A good client beside the bad ones: calls one after another, each answer checked. */
export class GoodClient {
  calls = 0;
  readonly wrong: string[] = [];
  private id = 0;

  private constructor(
    private readonly url: URL,
    private readonly session: string | undefined,
  ) {}

  static stateless(url: URL): GoodClient {
    return new GoodClient(url, undefined);
  }

  static async inSession(url: URL): Promise<GoodClient> {
    return new GoodClient(url, await openSession(url));
  }

  async runUntil(done: () => boolean): Promise<void> {
    while (!done()) {
      try {
        await (this.calls % 4 === 3 ? this.analyse() : this.echo());
      } catch (error) {
        this.wrong.push(
          `call ${String(this.id)} ${this.session === undefined ? 'without' : 'in'} a session: ${String(error)}`,
        );
      }
      this.calls += 1;
      await later(PAUSE_MS);
    }
  }

  private async echo(): Promise<void> {
    const text = `good ${String(this.id)} ü"\\`;
    const answer = (await this.call('echo', { text })).at(-1);
    if (answer?.result?.content[0]?.text !== text) throw new Error(`echo ${text}: ${JSON.stringify(answer)}`);
  }

  /** With progress: an event stream whose values rise, and the result at its end. */
  private async analyse(): Promise<void> {
    const messages = await this.call('run_analysis', { rows: ROWS, chunkSize: 20 }, { progressToken: 'good' });
    const values = messages.flatMap(({ params }) => (params === undefined ? [] : [params.progress]));
    const rising = values.every((value, index) => index === 0 || value > values[index - 1]!);
    const rows = messages.at(-1)?.result?.structuredContent?.metadata.rowsProcessed;
    if (!rising || values.at(-1) !== ROWS || rows !== ROWS)
      throw new Error(`run_analysis: ${JSON.stringify(messages)}`);
  }

  private async call(name: string, args: object, meta: object = {}): Promise<Message[]> {
    this.id += 1;
    const { session, id } = this;
    const _meta = session === undefined ? { ...META, ...meta } : meta;
    const headers: Record<string, string> =
      session === undefined
        ? { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': name }
        : { 'MCP-Protocol-Version': '2025-11-25', 'Mcp-Session-Id': session };
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, _meta } });
    const response = await fetch(this.url, {
      method: 'POST',
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { ...ACCEPT, ...headers },
      body,
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${name}: HTTP ${String(response.status)} ${text}`);
    const messages = messagesOf(text);
    if (messages.at(-1)?.id !== id) throw new Error(`${name}: expected the answer to ${String(id)}, got ${text}`);
    return messages;
  }
}

/** @returns the id of a new session */
export async function openSession(url: URL): Promise<string> {
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: { elicitation: {}, sampling: {}, roots: {} },
    clientInfo: { name: 'good', version: '1' },
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
  const response = await fetch(url, {
    method: 'POST',
    signal: AbortSignal.timeout(PATIENCE_MS),
    headers: ACCEPT,
    body,
  });
  const id = response.headers.get('mcp-session-id');
  await response.text();
  if (id === null) throw new Error(`initialize: HTTP ${String(response.status)}, no session`);
  return id;
}

function messagesOf(text: string): Message[] {
  const lines = text.startsWith('{')
    ? [text]
    : text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
  // An event without data primes the client to come back (2025-11-25).
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Message);
}
