import { writeFileSync } from 'node:fs';
import type { HistoryEvent, Sent } from '../checker/history.ts';
import { tagsIn } from '../checker/tags.ts';
import { machineMs } from './time.ts';

/** Lines of one experiment: far more than any writes; one more is an error, since a checker must see everything. */
const MAX_LINES = 2_000_000;

/** A message of JSON-RPC, as it came. */
export interface WireMessage {
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

type Said = HistoryEvent extends infer Event
  ? Event extends HistoryEvent
    ? Omit<Event, 'at' | 'client' | 'request'>
    : never
  : never;

/** What all clients of one experiment saw and did. */
export class HistoryRecorder {
  readonly events: HistoryEvent[] = [];
  readonly startedAt = machineMs();

  begin(client: string, request: string, sent: Omit<Sent, 'at' | 'client' | 'request' | 'event'>): CallRecord {
    const record = new CallRecord(this, client, request);
    record.add({ event: 'sent', ...sent });
    return record;
  }

  /** @param at of the machine's clock */
  add(event: HistoryEvent): void {
    if (this.events.length === MAX_LINES) throw new Error(`more than ${MAX_LINES} lines of history`);
    this.events.push(event);
  }

  write(path: string): void {
    writeFileSync(path, this.events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  }
}

/** How a call has ended for its client. */
export interface Outcome {
  readonly ended: 'result' | 'error' | 'lost';
  readonly text: string;
  readonly code: number | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  readonly status: number | undefined;
}

/** The part of the history that is one request's. */
export class CallRecord {
  readonly startedAt = machineMs();
  endedAt: number | undefined;
  outcome: Outcome | undefined;
  /** HTTP's status of the last answer that has come. */
  status: number | undefined;
  private readonly history: HistoryRecorder;
  readonly client: string;
  readonly request: string;

  constructor(history: HistoryRecorder, client: string, request: string) {
    this.history = history;
    this.client = client;
    this.request = request;
  }

  get tookMs(): number {
    return (this.endedAt ?? machineMs()) - this.startedAt;
  }

  add(said: Said): void {
    const at = machineMs() - this.history.startedAt;
    this.history.add({ at, client: this.client, request: this.request, ...said });
  }

  /** @param raw the message's text as it came */
  heard(message: WireMessage, raw: string): void {
    this.add({ event: 'text', tags: tagsIn(raw) });
    const progress = message.params?.['progress'];
    if (message.method === 'notifications/progress' && typeof progress === 'number')
      this.add({ event: 'progress', progress });
    if (message.method === undefined) this.answered(message);
  }

  /** The client waits no longer: it hung up, or there is nothing left to wait on. */
  abandon(why: string): void {
    if (this.outcome !== undefined) return;
    this.add({ event: 'abandoned', why });
    this.end({ ended: 'lost', text: why, code: undefined, data: {}, status: this.status });
  }

  private answered({ result, error }: WireMessage): void {
    const data = error?.data ?? {};
    if (result === undefined) {
      const { code = 0, message = 'neither a result nor an error' } = error ?? {};
      const reason = typeof data['reason'] === 'string' ? data['reason'] : message;
      this.add({ event: 'answer', outcome: 'error', code, unknown: data['outcome'] === 'unknown', reason });
      this.end({ ended: 'error', text: message, code, data, status: this.status });
      return;
    }
    const text = textOf(result);
    this.add({ event: 'answer', outcome: 'result', text });
    this.end({ ended: 'result', text, code: undefined, data: {}, status: this.status });
  }

  private end(outcome: Outcome): void {
    this.outcome ??= outcome;
    this.endedAt ??= machineMs();
  }
}

/** Of a tool's result, or of a resource that was read. */
function textOf(result: Readonly<Record<string, unknown>>): string {
  const found = result['content'] ?? result['contents'];
  const content = Array.isArray(found) ? (found as { text?: string }[]) : [];
  return content.map(({ text = '' }) => text).join('');
}
