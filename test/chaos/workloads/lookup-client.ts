import type { CallRecord, HistoryRecorder } from './history-recorder.ts';
import { performStateless, type StatelessRequest } from './stateless-client.ts';

/** A call whose result is kept: of a tool that keeps it for a minute, one that keeps it for half a second, or a resource. */
export interface Lookup {
  readonly of: 'lookup' | 'short_lookup' | 'resource';
  readonly key: string;
  /** Of the answer; 20 or more. Only of `lookup`. */
  readonly bytes?: number;
  /** What the source takes for it. Not of the resource. */
  readonly delayMs?: number;
  readonly limitMs: number;
}

/**
 * A client of 2026-07-28 whose calls are the same as those of others, so that they carry no tag: what it was given is
 * checked by the key, with which every answer begins.
 */
export class LookupClient {
  /** Answers that were not those of their key, as they came. */
  readonly wrong: { readonly key: string; readonly text: string }[] = [];
  readonly urls: readonly string[];
  private readonly name: string;
  private readonly history: HistoryRecorder;
  private calls = 0;

  constructor(name: string, urls: readonly string[], history: HistoryRecorder) {
    this.name = name;
    this.urls = urls;
    this.history = history;
  }

  /** Resolves when the call has ended in whatever way, at the latest at its limit. */
  async look(lookup: Lookup): Promise<CallRecord> {
    const { key, limitMs, bytes } = lookup;
    this.calls += 1;
    const record = this.history.begin(this.name, `${this.name}.${this.calls}`, { kind: 'repeatable', limitMs });
    await performStateless(record, this.urls[this.calls % this.urls.length] ?? '', requestOf(lookup), limitMs);
    const { outcome } = record;
    if (outcome?.ended === 'result' && !isAnswer(outcome.text, key, bytes))
      this.wrong.push({ key, text: outcome.text.slice(0, 200) });
    return record;
  }

  /** All at once. */
  lookAll(lookups: readonly Lookup[]): Promise<CallRecord[]> {
    return Promise.all(lookups.map((lookup) => this.look(lookup)));
  }
}

function requestOf({ of, key, bytes, delayMs }: Lookup): StatelessRequest {
  if (of === 'resource') {
    const uri = `lookup://${key}`;
    return { method: 'resources/read', about: uri, params: { uri } };
  }
  const args = { key, ...(bytes !== undefined && { bytes }), ...(delayMs !== undefined && { delayMs }) };
  return { method: 'tools/call', about: of, params: { name: of, arguments: args } };
}

/** `<key> <process>.<run> `, and nothing but x behind it. */
export function isAnswer(text: string, key: string, bytes: number | undefined): boolean {
  if (!text.startsWith(`${key} `) || (bytes !== undefined && text.length !== bytes)) return false;
  return /^\d+\.\d+ x*$/.test(text.slice(key.length + 1));
}
