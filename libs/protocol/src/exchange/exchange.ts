import type {
  CreateMessageRequestParams,
  CreateMessageResult,
  ElicitRequestFormParams,
  ElicitResult,
  LoggingLevel,
} from '@modelcontextprotocol/server';
import { failpoint, yieldToEventLoop } from '@mcp-cluster/kernel';
import { forgetInCluster, tellCluster } from '../cache/forgetting.js';
import type { Answers } from '../session/request-state.js';
import type { RunningTask } from '../tasks/running-task.js';
import { originOf } from '../tasks/task-origin.js';
import { handleResult, knowsTasks, type TaskSnapshot } from '../tasks/task.js';
import { CancelledError, toWireError } from '../wire/errors.js';
import { reaches } from '../wire/log-level.js';
import { errorMessage, notificationMessage, resultMessage, type Params, type RequestMessage } from '../wire/message.js';
import { InputRequired, requireAskable } from './asking.js';
import type { Era, Revision } from '../wire/revision.js';
import type { AnswerTo, Ask, ExchangeContext, ListKind, Principal } from './context.js';
import type { ExchangeServices, Outcome } from './exchange-services.js';
import type { Peer } from './peer.js';
import { DEFAULT_PROGRESS_INTERVAL_MS, taskProgress, type Progress } from './progress.js';
import { Questions } from './questions.js';
import { progressOf } from './request-progress.js';
import type { Reply } from './reply.js';

/**
 * One request being answered. It ends exactly once; whatever a handler does after that goes nowhere.
 */
export class Exchange implements ExchangeContext {
  /** The registered tool or prompt that answers, for metrics. */
  target: string | undefined;
  progressIntervalMs = DEFAULT_PROGRESS_INTERVAL_MS;
  readonly startedAt: number;
  /** Something was asked of the client in this exchange: its result depends on who answered. */
  asked = false;
  /** The key by which the client makes the call run at most once. */
  idempotencyKey: string | undefined;
  /** Called when the exchange ends, in whatever way. */
  onEnd: (() => void) | undefined;
  /** Keeps the handle of the task that the call became, before the client gets it. */
  onHandle: ((handleJson: string) => Promise<void>) | undefined;
  private open = true;
  private controller: AbortController | undefined;
  private cancelled: CancelledError | undefined;
  private reporter: Progress | undefined | null;
  private asking: Questions | undefined;
  /** What the call became: from then on everything that the handler says goes there. */
  private task: RunningTask | undefined;

  constructor(
    readonly services: ExchangeServices,
    readonly request: RequestMessage,
    readonly peer: Peer,
    readonly reply: Reply,
    readonly requestId: string,
  ) {
    this.startedAt = services.clock.monotonic();
  }

  get principal(): Principal {
    return this.peer.principal;
  }
  get revision(): Revision {
    return this.peer.revision;
  }
  get era(): Era {
    return this.peer.era;
  }
  get client(): ExchangeContext['client'] {
    return { info: this.peer.info, capabilities: this.peer.capabilities };
  }
  get isOpen(): boolean {
    return this.open;
  }
  get isCancelled(): boolean {
    return this.cancelled !== undefined;
  }
  /** The state of the task that this call became, if it did. */
  get taskState(): TaskSnapshot | undefined {
    return this.task?.snapshot;
  }

  /** Made on first use: most calls never look at it, and an AbortController costs more than the rest of a small call. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.cancelled !== undefined) this.controller.abort(this.cancelled);
    }
    return this.controller.signal;
  }

  throwIfCancelled(): void {
    if (this.cancelled !== undefined) throw this.cancelled;
  }

  progress(progress: number, total?: number, message?: string): void {
    if (this.reporter === undefined)
      this.reporter = progressOf(this.request, this.reply, this.progressIntervalMs, this.services.clock);
    if (this.open) this.reporter?.report(progress, total, message);
  }

  log(level: LoggingLevel, data: unknown, logger?: string): void {
    const threshold = this.peer.logLevel;
    if (!this.hasReply || threshold === undefined || !this.reply.streams || !reaches(level, threshold)) return;
    this.reply.notify(notificationMessage('notifications/message', { level, logger, data }), 'log');
  }

  async breathe(): Promise<void> {
    await yieldToEventLoop();
    this.throwIfCancelled();
  }

  closeStream(): boolean {
    return this.hasReply && this.reply.closeConnection?.() === true;
  }

  listChanged(kind: ListKind): void {
    this.services.bus.publish({ type: 'list-changed', kind });
  }

  resourceUpdated(uri: string): void {
    tellCluster(this.services, uri);
  }

  forget(tags: readonly string[]): Promise<void> {
    return forgetInCluster(this.services, tags);
  }

  async elicit(key: string, params: Omit<ElicitRequestFormParams, 'mode'>): Promise<ElicitResult> {
    const answers = await this.ask({ [key]: { method: 'elicitation/create', params: { mode: 'form', ...params } } });
    return answers[key] as ElicitResult;
  }

  async sample(key: string, params: CreateMessageRequestParams): Promise<CreateMessageResult> {
    const answers = await this.ask({ [key]: { method: 'sampling/createMessage', params } });
    return answers[key] as CreateMessageResult;
  }

  async ask<T extends Record<string, Ask>>(questions: T): Promise<{ [K in keyof T]: AnswerTo<T[K]> }> {
    this.throwIfCancelled();
    requireAskable(questions, this.peer.capabilities, this.peer.era);
    this.asked = true;
    const answers = await this.questions.ask(questions, this.task, this.signal);
    return answers as { [K in keyof T]: AnswerTo<T[K]> };
  }

  /**
   * Takes what a client brought of answers and of our own state (MRTR). Costs nothing where there is none; a promise
   * only where there is a state.
   */
  openAnswers(): void | Promise<void> {
    const { inputResponses, requestState } = this.request.params;
    if (inputResponses !== undefined || requestState !== undefined) return this.questions.open();
  }

  async detach(statusMessage?: string): Promise<void> {
    this.throwIfCancelled();
    if (this.task !== undefined) {
      if (statusMessage !== undefined) this.task.say(statusMessage);
      return;
    }
    if (this.era !== 'stateless' || !knowsTasks(this.peer.capabilities)) return;
    const { tasks } = this.services;
    const task = await tasks.begin(originOf(this, this.asking?.given, tasks), statusMessage, this);
    try {
      failpoint('task.created');
      this.throwIfCancelled(); // while it was stored: its client never hears of it
      const handleJson = handleResult(task.snapshot, this.services.serverMeta);
      await this.onHandle?.(handleJson);
      this.throwIfCancelled();
      this.become(task, handleJson);
    } catch (thrown) {
      if (this.cancelled === undefined) task.fail(toWireError(thrown));
      else task.cancelled(this.cancelled.message);
      throw thrown;
    }
  }

  /** Goes on as a task that was begun before, by another node: nobody waits for this exchange's answer. */
  resume(task: RunningTask, answers: Answers): void {
    this.questions.restore(answers);
    this.attach(task);
  }

  /** Ends with a result. */
  complete(result: Params, outcome: Outcome = 'ok'): void {
    if (this.peer.era === 'stateless' && result['_meta'] !== undefined) {
      const _meta = { ...this.services.serverMeta, ...(result['_meta'] as Params) };
      this.end(JSON.stringify({ ...result, resultType: 'complete', _meta }), outcome);
      return;
    }
    this.completeMembers(JSON.stringify(result).slice(1, -1), outcome);
  }

  /** Ends with a result whose members are JSON already: `"tools":[…]`. */
  completeMembers(members: string, outcome: Outcome = 'ok'): void {
    if (this.peer.era === 'session') this.end(`{${members}}`, outcome);
    else this.end(`{${members}${members === '' ? '' : ','}${this.services.statelessMembers}}`, outcome);
  }

  /** Ends with a whole result, as JSON. */
  completeJson(resultJson: string): void {
    this.end(resultJson, 'ok');
  }

  /** Ends with an error, or with the questions that a handler has. */
  fail(thrown: unknown): void {
    if (thrown instanceof InputRequired) {
      try {
        this.requireInput(thrown);
      } catch (broken) {
        this.fail(broken); // arguments too deep to be sealed: nobody is above to catch it
      }
      return;
    }
    if (thrown instanceof CancelledError && this.cancelled !== undefined) return;
    const error = toWireError(thrown);
    if (!this.close(`${error.code}`, error.cause)) return;
    if (this.task === undefined) this.reply.end(errorMessage(this.request.id, error), error);
    else this.task.fail(error);
  }

  /** Stops the call by its client's wish: nothing more is sent for it. */
  cancel(reason: string): void {
    if (!this.open) return;
    this.cancelled = new CancelledError(reason);
    this.asking?.release();
    this.close('cancelled');
    this.controller?.abort(this.cancelled);
    if (this.task === undefined) this.reply.abandon();
    else this.task.cancelled(reason);
  }

  /** The client's connection is gone: a cancellation in the stateless era, and none in the session era (S16). */
  disconnected(): void {
    if (this.peer.era === 'stateless' && this.task === undefined) this.cancel('the client closed the response stream');
  }

  /** Sends a notification of a stream that belongs to this request. */
  notify(message: string): void {
    if (this.open) this.reply.notify(message, 'change');
  }
  get streams(): boolean {
    return this.reply.streams;
  }

  /** Something can still be said on the call's stream: not when it has ended, nor to a task's client, which polls. */
  private get hasReply(): boolean {
    return this.open && this.task === undefined;
  }

  private end(resultJson: string, outcome: Outcome): void {
    if (!this.close(outcome)) return;
    if (this.task === undefined) this.reply.end(resultMessage(this.request.id, resultJson));
    else this.task.complete(resultJson);
  }

  private close(outcome: Outcome, thrown?: unknown): boolean {
    if (!this.open) return false;
    if (this.reporter) {
      if (outcome === 'cancelled') this.reporter.stop();
      else this.reporter.finish();
    }
    this.open = false;
    // A call that became a task ended, for its client and the metrics, when it was answered with the handle.
    if (this.task === undefined) this.tellEnd(outcome, thrown);
    return true;
  }

  private tellEnd(outcome: Outcome, thrown?: unknown): void {
    this.onEnd?.();
    this.services.ended(this, outcome, thrown);
  }

  /** Answers with the handle and goes on as the task. */
  private become(task: RunningTask, handleJson: string): void {
    this.reporter?.finish();
    this.asking?.keep();
    this.task = task;
    this.reply.end(resultMessage(this.request.id, handleJson));
    this.tellEnd('ok');
    this.attach(task);
  }

  private attach(task: RunningTask): void {
    this.task = task;
    this.reporter = taskProgress(task, this.services.clock);
  }

  private get questions(): Questions {
    return (this.asking ??= new Questions(this));
  }

  private requireInput(required: InputRequired): void {
    if (!this.open) return;
    const result = this.questions.required(required);
    if (this.close('input_required')) this.reply.end(resultMessage(this.request.id, JSON.stringify(result)));
  }
}
