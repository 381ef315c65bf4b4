import { ANONYMOUS, CancelledError, STATELESS_REVISION, type AnswerTo, type Ask } from '@mcp-cluster/protocol';
import type { ToolContext } from '../tool-context.js';

/** One progress report as the tool made it: neither throttled nor dropped. */
export interface Report {
  progress: number;
  total: number | undefined;
  message: string | undefined;
}

/** A ToolContext for unit tests of tools: remembers what the tool says and gives prepared answers to what it asks. */
export class RecordingContext implements ToolContext {
  readonly requestId = 'test-request';
  readonly principal = ANONYMOUS;
  readonly revision = STATELESS_REVISION;
  readonly era = 'stateless';
  idempotencyKey: string | undefined;
  readonly client = { capabilities: { elicitation: {}, sampling: {}, roots: {} } };
  readonly reports: Report[] = [];
  readonly logs: { level: string; data: unknown }[] = [];
  /** Lists and resources that were said to have changed. */
  readonly changes: string[] = [];
  /** Called at each turn that the tool gives to others; cancel here to stop it between two chunks. */
  onBreathe: (() => void) | undefined;
  private readonly controller = new AbortController();

  /** @param answers by the key of the question */
  constructor(private readonly answers: Readonly<Record<string, unknown>> = {}) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  cancel(): void {
    this.controller.abort(new CancelledError('cancelled by the test'));
  }

  throwIfCancelled(): void {
    this.signal.throwIfAborted();
  }

  progress(progress: number, total?: number, message?: string): void {
    this.reports.push({ progress, total, message });
  }

  log(level: string, data: unknown): void {
    this.logs.push({ level, data });
  }

  async breathe(): Promise<void> {
    await Promise.resolve();
    this.onBreathe?.();
    this.throwIfCancelled();
  }

  ask<T extends Record<string, Ask>>(questions: T): Promise<{ [K in keyof T]: AnswerTo<T[K]> }> {
    const entries = Object.keys(questions).map((key) => [key, this.answer(key)]);
    return Promise.resolve(Object.fromEntries(entries) as { [K in keyof T]: AnswerTo<T[K]> });
  }

  elicit(key: string): ReturnType<ToolContext['elicit']> {
    return Promise.resolve(this.answer(key) as Awaited<ReturnType<ToolContext['elicit']>>);
  }

  sample(key: string): ReturnType<ToolContext['sample']> {
    return Promise.resolve(this.answer(key) as Awaited<ReturnType<ToolContext['sample']>>);
  }

  /** Whether the tool detached, and with which message. */
  detached: { readonly statusMessage: string | undefined } | undefined;
  /** How often the tool closed its stream. */
  streamsClosed = 0;

  detach(statusMessage?: string): Promise<void> {
    this.detached = { statusMessage };
    return Promise.resolve();
  }

  closeStream(): boolean {
    this.streamsClosed += 1;
    return true;
  }

  listChanged(kind: string): void {
    this.changes.push(kind);
  }

  resourceUpdated(uri: string): void {
    this.changes.push(uri);
  }

  /** Tags whose kept results were forgotten. */
  readonly forgotten: string[] = [];

  forget(tags: readonly string[]): Promise<void> {
    this.forgotten.push(...tags);
    return Promise.resolve();
  }

  private answer(key: string): unknown {
    if (!(key in this.answers)) throw new Error(`the test has no answer to ${key}`);
    return this.answers[key];
  }
}
