import { isDeepStrictEqual } from 'node:util';
import { beginSession, inSession, messages, stateless, type RpcMessage } from '../../support/raw-http.js';
import { ANSWER_MS } from './outcome.js';

/** Milliseconds between two calls of one caller: four callers make about a hundred calls a second. */
const PAUSE_MS = 25;
/** Calls after which a caller of 2025 ends its session and begins another. */
const SESSION_CALLS = 40;
/** Complaints that are kept: the first ones tell, and thousands would bury them. */
const MAX_COMPLAINTS = 20;
const ROWS = 2_000;
const ANALYSIS = { name: 'run_analysis', arguments: { rows: ROWS, range: 1_000, chunkSize: 100, seed: 42 } };
const ERAS = ['2026-07-28', '2025-11-25'] as const;
const TOOLS = ['echo', 'run_analysis'] as const;

interface Analysed {
  readonly categories: unknown;
  readonly metadata: { readonly rowsProcessed: number; readonly seed: number };
}

/** Callers who do everything right and check every answer, while others do not. */
export class GoodCalls {
  readonly complaints: string[] = [];
  made = 0;
  private stopped = false;
  /** What the same seed must always give. */
  private expected: unknown;

  constructor(private readonly url: string) {}

  /** The answer of the quiet cluster, that all later ones are compared with. */
  async learn(): Promise<void> {
    const got = await this.post(stateless('tools/call', ANALYSIS));
    this.expected = (got.at(-1)?.result?.['structuredContent'] as Analysed | undefined)?.categories;
    if (this.expected === undefined) throw new Error(`run_analysis: no result: ${JSON.stringify(got)}`);
  }

  /** Resolves when all callers have stopped. */
  async run(): Promise<void> {
    await Promise.all(ERAS.flatMap((era) => TOOLS.map((tool) => this.caller(era, tool))));
  }

  stop(): void {
    this.stopped = true;
  }

  private async caller(era: (typeof ERAS)[number], tool: (typeof TOOLS)[number]): Promise<void> {
    let session: string | undefined;
    for (let nth = 0; !this.stopped; nth += 1) {
      const id = `${tool}-${String(nth)}`;
      const text = `${era} ${String(nth)}`;
      try {
        if (era === '2025-11-25' && nth % SESSION_CALLS === 0) session = await this.nextSession(session);
        const params = tool === 'echo' ? { name: 'echo', arguments: { text } } : ANALYSIS;
        const got = await this.post(message(params, id, session));
        const wrong = tool === 'echo' ? wrongEcho(got, text) : this.wrongAnalysis(got);
        if (wrong || got.at(-1)?.id !== id) this.complain(`${era} ${id}: wrong answer: ${JSON.stringify(got)}`);
      } catch (error) {
        this.complain(`${era} ${id}: ${String(error)}`);
      }
      this.made += 1;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private async nextSession(old: string | undefined): Promise<string> {
    if (old !== undefined) {
      const ended = await fetch(this.url, { method: 'DELETE', headers: { 'mcp-session-id': old } });
      await ended.text();
      if (!ended.ok) this.complain(`DELETE of a session: ${String(ended.status)}`);
    }
    return beginSession(this.url);
  }

  private async post(init: RequestInit): Promise<RpcMessage[]> {
    const response = await fetch(this.url, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
    if (response.status === 200) return messages(response);
    throw new Error(`HTTP ${String(response.status)}: ${await response.text()}`);
  }

  private wrongAnalysis(got: readonly RpcMessage[]): boolean {
    const result = got.at(-1)?.result?.['structuredContent'] as Analysed | undefined;
    const values = got.slice(0, -1).map(({ params }) => Number(params?.['progress']));
    const rising = values.every((value, at) => at === 0 || value > values[at - 1]!);
    const right = isDeepStrictEqual(result?.categories, this.expected) && result?.metadata.rowsProcessed === ROWS;
    return !right || !rising || values.at(-1) !== ROWS;
  }

  private complain(text: string): void {
    if (this.complaints.length < MAX_COMPLAINTS) this.complaints.push(text.slice(0, 1000));
  }
}

function message(params: Readonly<Record<string, unknown>>, id: string, session: string | undefined): RequestInit {
  const progress = params['name'] === 'echo' ? {} : { progressToken: id };
  if (session === undefined) return stateless('tools/call', params, { id, ...progress });
  return inSession(session, { id, method: 'tools/call', params: { ...params, _meta: progress } });
}

function wrongEcho(got: readonly RpcMessage[], text: string): boolean {
  return got.length !== 1 || !isDeepStrictEqual(got[0]?.result?.['content'], [{ type: 'text', text }]);
}
