import { tagOf } from '../checker/tags.ts';
import { KEY_MEMBER, type CallPlan } from './call-plan.ts';
import type { CallRecord, HistoryRecorder, WireMessage } from './history-recorder.ts';
import { exchange } from './http-exchange.ts';

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A client of 2026-07-28 without an SDK: each call one request on a connection of its own, and no second try. */
export class StatelessClient {
  readonly name: string;
  readonly urls: readonly string[];
  private readonly history: HistoryRecorder;
  private calls = 0;

  /** @param urls of the managers; calls go to the first, or to the one that is named */
  constructor(name: string, urls: readonly string[], history: HistoryRecorder) {
    this.name = name;
    this.urls = urls;
    this.history = history;
  }

  /** Resolves when the call has ended in whatever way, at the latest at its limit. */
  async call(plan: CallPlan, at = 0): Promise<CallRecord> {
    this.calls += 1;
    const request = `${this.name}.${this.calls}`;
    const { kind, limitMs, key } = plan;
    const record = this.history.begin(this.name, request, { kind, limitMs, ...(key !== undefined && { key }) });
    await this.perform(plan, record, this.urls[at % this.urls.length] ?? '');
    return record;
  }

  private perform(plan: CallPlan, record: CallRecord, url: string): Promise<void> {
    const { tool, args, streamed, key, limitMs } = plan;
    // The effect of a call with a key is found by the key: any of its requests may be the one that ran.
    const tagged = { ...args, tag: tagOf(this.name, key ?? record.request) };
    const _meta = {
      ...(streamed && { progressToken: record.request }),
      ...(key !== undefined && { [KEY_MEMBER]: key }),
    };
    const params = { name: tool, arguments: tagged };
    return performStateless(record, url, { method: 'tools/call', about: tool, params, _meta }, limitMs);
  }
}

export interface StatelessRequest {
  readonly method: string;
  /** For `Mcp-Name`: the tool, or the URI. */
  readonly about: string;
  readonly params: object;
  /** What `_meta` holds besides the envelope. */
  readonly _meta?: object;
}

/** Sends one request of 2026-07-28 and records what comes. Resolves when it has ended in whatever way. */
export async function performStateless(
  record: CallRecord,
  url: string,
  { method, about, params, _meta }: StatelessRequest,
  limitMs: number,
): Promise<void> {
  const envelope = {
    ...ENVELOPE,
    'io.modelcontextprotocol/clientInfo': { name: record.client, version: '1' },
    ..._meta,
  };
  const body = { jsonrpc: '2.0', id: record.request, method, params: { ...params, _meta: envelope } };
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, 'mcp-name': about };
  try {
    // A little more than the limit, so that a call that is late is seen as late and not as given up.
    const answer = await exchange(url, 'POST', headers, body, AbortSignal.timeout(limitMs + 500));
    record.status = answer.status;
    for await (const piece of answer.pieces()) {
      const raw = 'body' in piece ? piece.body : piece.frame.data;
      if (raw !== undefined) record.heard(JSON.parse(raw) as WireMessage, raw);
    }
    if (record.outcome === undefined) record.add({ event: 'broken', why: 'the answer ended without one' });
  } catch (error) {
    record.add({ event: 'broken', why: String(error) });
  }
  record.abandon('the connection ended without an answer');
}
