import { tagOf } from '../checker/tags.ts';
import type { CallPlan } from './call-plan.ts';
import type { CallRecord, HistoryRecorder, WireMessage } from './history-recorder.ts';
import { exchange, type HttpExchange } from './http-exchange.ts';
import { machineMs, pause } from './time.ts';

/** As the SDK's clients do it: so many tries to come back, unless the server says when, the first after a second. */
const TRIES = 2;
const FIRST_DELAY_MS = 1_000;
const DELAY_GROWTH = 1.5;
const REVISION = '2025-11-25';

/**
 * A client of 2025-11-25 without an SDK, with the SDK's patience: it comes back with `Last-Event-ID` twice after each
 * break, and gives up then.
 */
export class SessionClient {
  readonly name: string;
  readonly urls: readonly string[];
  readonly session: string;
  private readonly history: HistoryRecorder;
  private calls = 0;

  private constructor(name: string, urls: readonly string[], session: string, history: HistoryRecorder) {
    this.name = name;
    this.urls = urls;
    this.session = session;
    this.history = history;
  }

  static async begin(name: string, urls: readonly string[], history: HistoryRecorder): Promise<SessionClient> {
    const params = { protocolVersion: REVISION, capabilities: {}, clientInfo: { name, version: '1' } };
    const url = urls[0] ?? '';
    const answer = await exchange(url, 'POST', {}, { jsonrpc: '2.0', id: 0, method: 'initialize', params });
    const text = await answer.whole();
    const session = answer.headers['mcp-session-id'];
    if (typeof session !== 'string') throw new Error(`initialize gave no session: HTTP ${answer.status} ${text}`);
    const client = new SessionClient(name, urls, session, history);
    const done = await exchange(url, 'POST', client.headers, { jsonrpc: '2.0', method: 'notifications/initialized' });
    await done.whole();
    return client;
  }

  /** Of every request in its session. */
  get headers(): Record<string, string> {
    return { 'mcp-session-id': this.session, 'mcp-protocol-version': REVISION };
  }

  /** Resolves when the call has ended in whatever way. */
  async call(plan: CallPlan): Promise<CallRecord> {
    this.calls += 1;
    const request = `${this.name}.${this.calls}`;
    const { kind, limitMs } = plan;
    const record = this.history.begin(this.name, request, { kind, limitMs });
    await this.perform(plan, record);
    return record;
  }

  async end(): Promise<number> {
    const answer = await exchange(this.urls[0] ?? '', 'DELETE', this.headers);
    await answer.whole();
    return answer.status;
  }

  private async perform({ tool, args, streamed, limitMs }: CallPlan, record: CallRecord): Promise<void> {
    const _meta = streamed ? { progressToken: record.request } : {};
    const params = { name: tool, arguments: { ...args, tag: tagOf(this.name, record.request) }, _meta };
    const body = { jsonrpc: '2.0', id: record.request, method: 'tools/call', params };
    const place = new StreamPlace();
    const deadline = machineMs() + limitMs + 500;
    const left = (): AbortSignal => AbortSignal.timeout(Math.max(1, Math.ceil(deadline - machineMs())));
    try {
      await this.read(await exchange(this.urls[0] ?? '', 'POST', this.headers, body, left()), record, place);
    } catch (error) {
      record.add({ event: 'broken', why: String(error) });
    }
    while (record.outcome === undefined) {
      const why = place.giveUp ?? (machineMs() > deadline ? 'its limit is over' : undefined);
      if (why !== undefined) record.abandon(why);
      else await this.comeBack(record, place, left);
    }
  }

  /** One try to read on. */
  private async comeBack(record: CallRecord, place: StreamPlace, left: () => AbortSignal): Promise<void> {
    await pause(place.delayMs);
    // A client behind a Service meets another manager each time.
    const url = this.urls[place.resumes % this.urls.length] ?? '';
    place.resumes += 1;
    const headers = { ...this.headers, accept: 'text/event-stream', 'last-event-id': place.id ?? '' };
    try {
      const answer = await exchange(url, 'GET', headers, undefined, left());
      record.add({ event: 'resumed', after: place.id ?? '', status: answer.status });
      if (answer.status === 200) place.failures = 0;
      else place.failures += 1;
      if (answer.status === 200) await this.read(answer, record, place);
      else await answer.whole();
    } catch (error) {
      place.failures += 1;
      record.add({ event: 'broken', why: String(error) });
    }
  }

  private async read(answer: HttpExchange, record: CallRecord, place: StreamPlace): Promise<void> {
    record.status = answer.status;
    for await (const piece of answer.pieces()) {
      if ('body' in piece) {
        record.heard(JSON.parse(piece.body) as WireMessage, piece.body);
        continue;
      }
      const { id, retry, data } = piece.frame;
      place.retryMs = retry ?? place.retryMs;
      if (id !== undefined) {
        place.id = id;
        record.add({ event: 'event', id, ...(data === undefined && { primes: true }) });
      }
      if (data !== undefined) record.heard(JSON.parse(data) as WireMessage, data);
    }
    if (record.outcome === undefined) record.add({ event: 'broken', why: 'the stream ended without an answer' });
  }
}

/** Where a client is in a stream, and how patient it still is. */
class StreamPlace {
  id: string | undefined;
  retryMs: number | undefined;
  /** Tries in a row that brought nothing. */
  failures = 0;
  resumes = 0;

  get delayMs(): number {
    return this.retryMs ?? FIRST_DELAY_MS * DELAY_GROWTH ** this.failures;
  }

  /** Why it cannot come back any more. */
  get giveUp(): string | undefined {
    if (this.id === undefined) return 'the connection ended before it had an event id';
    return this.failures >= TRIES ? `${TRIES} tries to come back failed` : undefined;
  }
}
