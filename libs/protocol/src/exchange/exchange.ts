import type {
  CreateMessageRequestParams,
  CreateMessageResult,
  ElicitRequestFormParams,
  ElicitResult,
  LoggingLevel,
} from '@modelcontextprotocol/server';
import { yieldToEventLoop, type Clock } from '@mcp-cluster/kernel';
import type { ClusterBus } from '../cluster/bus.js';
import type { Answers, RequestStates } from '../session/request-state.js';
import { CancelledError, invalidParams, toWireError, ToolError } from '../wire/errors.js';
import { reaches } from '../wire/log-level.js';
import {
  errorMessage,
  isObject,
  notificationMessage,
  resultMessage,
  type Params,
  type RequestMessage,
} from '../wire/message.js';
import { InputRequired, readAnswer, requireAskable } from './asking.js';
import type { Era, Revision } from '../wire/revision.js';
import type { AnswerTo, Ask, ExchangeContext, ListKind, Principal } from './context.js';
import type { Peer } from './peer.js';
import { DEFAULT_PROGRESS_INTERVAL_MS, Progress, type ProgressToken } from './progress.js';
import type { Reply } from './reply.js';
import { askClient } from './session-asking.js';

/** How an exchange ended, for metrics: `ok`, `tool_error`, `cancelled`, `input_required` or a JSON-RPC code. */
export type Outcome = 'ok' | 'tool_error' | 'cancelled' | 'input_required' | `${number}`;

/** What every exchange of a process shares. */
export interface ExchangeServices {
  readonly clock: Clock;
  readonly bus: ClusterBus;
  readonly states: RequestStates;
  /** The id of the next request to a client: names the node that waits for the answer. */
  readonly nextAskId: () => string;
  /** `_meta` of each stateless result: who this server is. */
  readonly serverMeta: Params;
  /** The members that each complete stateless result ends with, as JSON. */
  readonly statelessMembers: string;
  /** Told once of each exchange's end. `thrown` is the cause of an internal error. */
  readonly ended: (exchange: Exchange, outcome: Outcome, thrown?: unknown) => void;
}

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
  /** Called when the exchange ends, in whatever way. */
  onEnd: (() => void) | undefined;
  private open = true;
  private controller: AbortController | undefined;
  private cancelled: CancelledError | undefined;
  private reporter: Progress | undefined | null;
  private answers: Answers | undefined;
  /** The answers that the handler asked for: what the next round has to bring again, and nothing else. */
  private readonly taken: Answers = {};
  private stateMark: string | undefined;

  constructor(
    private readonly services: ExchangeServices,
    readonly request: RequestMessage,
    readonly peer: Peer,
    private readonly reply: Reply,
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
    if (this.reporter === undefined) this.reporter = this.makeReporter();
    if (this.open) this.reporter?.report(progress, total, message);
  }

  log(level: LoggingLevel, data: unknown, logger?: string): void {
    const threshold = this.peer.logLevel;
    if (!this.open || threshold === undefined || !this.reply.streams || !reaches(level, threshold)) return;
    this.reply.notify(notificationMessage('notifications/message', { level, logger, data }), 'log');
  }

  async breathe(): Promise<void> {
    await yieldToEventLoop();
    this.throwIfCancelled();
  }

  listChanged(kind: ListKind): void {
    this.services.bus.publish({ type: 'list-changed', kind });
  }

  resourceUpdated(uri: string): void {
    this.services.bus.publish({ type: 'resource-updated', uri });
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
    const answers = this.peer.era === 'stateless' ? this.takeAnswers(questions) : await this.askSession(questions);
    return answers as { [K in keyof T]: AnswerTo<T[K]> };
  }

  /** Takes what a client brought of answers and of our own state (MRTR). Costs nothing where there is none. */
  openAnswers(): void {
    const { inputResponses, requestState } = this.request.params;
    if (inputResponses === undefined && requestState === undefined) return;
    if (inputResponses !== undefined && !isObject(inputResponses))
      throw invalidParams('inputResponses: expected an object of answers by the keys of the questions');
    if (requestState !== undefined && typeof requestState !== 'string')
      throw invalidParams('requestState: expected the string that the server gave');
    if (requestState !== undefined) {
      const { method, params } = this.request;
      const state = this.services.states.take(method, params, this.principal, requestState);
      this.stateMark = state.mark;
      this.answers = state.answers;
    }
    this.answers = { ...this.answers, ...inputResponses };
  }

  /** Ends with a result. */
  complete(result: Params, outcome: Outcome = 'ok'): void {
    if (this.peer.era === 'stateless' && result['_meta'] !== undefined) {
      const marked = {
        ...result,
        resultType: 'complete',
        _meta: { ...this.services.serverMeta, ...(result['_meta'] as Params) },
      };
      this.end(JSON.stringify(marked), outcome);
      return;
    }
    this.completeMembers(JSON.stringify(result).slice(1, -1), outcome);
  }

  /** Ends with a result whose members are JSON already: `"tools":[…]`. */
  completeMembers(members: string, outcome: Outcome = 'ok'): void {
    if (this.peer.era === 'session') this.end(`{${members}}`, outcome);
    else this.end(`{${members}${members === '' ? '' : ','}${this.services.statelessMembers}}`, outcome);
  }

  /** Ends with an error, or with the questions that a handler has. */
  fail(thrown: unknown): void {
    if (thrown instanceof InputRequired) {
      try {
        this.requireInput(thrown.questions);
      } catch (broken) {
        this.fail(broken); // arguments too deep to be sealed: nobody is above to catch it
      }
      return;
    }
    if (thrown instanceof CancelledError && this.cancelled !== undefined) return;
    const error = toWireError(thrown);
    if (!this.close(`${error.code}`, error.cause)) return;
    this.reply.end(errorMessage(this.request.id, error), error);
  }

  /** Stops the call by its client's wish: nothing more is sent for it. */
  cancel(reason: string): void {
    if (!this.open) return;
    this.cancelled = new CancelledError(reason);
    if (this.stateMark !== undefined) this.services.states.release(this.stateMark);
    this.close('cancelled');
    this.controller?.abort(this.cancelled);
    this.reply.abandon();
  }

  /** The client's connection is gone: a cancellation in the stateless era, and none in the session era (S16). */
  disconnected(): void {
    if (this.peer.era === 'stateless') this.cancel('the client closed the response stream');
  }

  /** Sends a notification of a stream that belongs to this request. */
  notify(message: string): void {
    if (this.open) this.reply.notify(message, 'change');
  }

  get streams(): boolean {
    return this.reply.streams;
  }

  private end(resultJson: string, outcome: Outcome): void {
    if (this.close(outcome)) this.reply.end(resultMessage(this.request.id, resultJson));
  }

  private close(outcome: Outcome, thrown?: unknown): boolean {
    if (!this.open) return false;
    if (this.reporter) {
      if (outcome === 'cancelled') this.reporter.stop();
      else this.reporter.finish();
    }
    this.open = false;
    this.onEnd?.();
    this.services.ended(this, outcome, thrown);
    return true;
  }

  private makeReporter(): Progress | null {
    const meta = this.request.params['_meta'];
    const token: unknown = isObject(meta) ? meta['progressToken'] : undefined;
    if (!this.reply.streams || (typeof token !== 'string' && typeof token !== 'number')) return null;
    return new Progress(token satisfies ProgressToken, this.progressIntervalMs, this.services.clock, (message) => {
      this.reply.notify(message, 'progress');
    });
  }

  private takeAnswers(questions: Record<string, Ask>): Answers {
    const given: Answers = {};
    const open: Record<string, Ask> = {};
    for (const [key, question] of Object.entries(questions)) {
      const answer = this.answers !== undefined && Object.hasOwn(this.answers, key) ? this.answers[key] : undefined;
      if (answer === undefined) open[key] = question;
      else given[key] = this.taken[key] = readAnswer(key, question, answer);
    }
    if (Object.keys(open).length > 0) throw new InputRequired(open);
    return given;
  }

  private requireInput(questions: Readonly<Record<string, Ask>>): void {
    if (!this.open) return;
    const { method, params } = this.request;
    const requestState = this.services.states.close(method, params, this.principal, this.taken);
    const result = {
      resultType: 'input_required',
      inputRequests: questions,
      requestState,
      _meta: this.services.serverMeta,
    };
    if (!this.close('input_required')) return;
    this.reply.end(resultMessage(this.request.id, JSON.stringify(result)));
  }

  private async askSession(questions: Record<string, Ask>): Promise<Answers> {
    const { session } = this.peer;
    if (session === undefined) throw new ToolError('the client has no session, so it cannot be asked');
    if (!this.reply.streams) throw new ToolError('the client accepts no event stream, so it cannot be asked');
    const { clock, nextAskId } = this.services;
    const line = { session, reply: this.reply, clock, nextAskId, signal: this.signal };
    const entries = await Promise.all(
      Object.entries(questions).map(async ([key, question]) => [key, await askClient(line, key, question)] as const),
    );
    return Object.fromEntries(entries);
  }
}
