import type { MarkHolder } from '../session/mark-store.js';
import type { Answers, RequestStates } from '../session/request-state.js';
import { invalidParams } from '../wire/errors.js';
import { isObject, type Params, type RequestMessage } from '../wire/message.js';
import { InputRequired, readAnswer } from './asking.js';
import type { Ask, Principal } from './context.js';

/**
 * The questions and answers of one stateless call (MRTR): what its client brought, what the handler asked for, and
 * the state that carries it to the next round.
 */
export class Rounds {
  private answers: Answers | undefined;
  /** The answers that the handler asked for: what the next round has to bring again, and nothing else. */
  private readonly taken: Answers = {};
  private stateMark: string | undefined;
  /** The call broke while its state was being taken. */
  private broken = false;

  constructor(
    private readonly states: RequestStates,
    private readonly request: RequestMessage,
    private readonly principal: Principal,
    private readonly by: MarkHolder,
  ) {}

  /** Takes what the client brought. A promise only where it brought a state: that may be used once in the cluster. */
  open(): void | Promise<void> {
    const { inputResponses, requestState } = this.request.params;
    if (inputResponses !== undefined && !isObject(inputResponses))
      throw invalidParams('inputResponses: expected an object of answers by the keys of the questions');
    if (requestState !== undefined && typeof requestState !== 'string')
      throw invalidParams('requestState: expected the string that the server gave');
    if (requestState !== undefined) return this.openState(requestState, inputResponses);
    this.answers = { ...inputResponses };
  }

  /** The answers that the handler has taken so far. */
  get given(): Answers {
    return this.taken;
  }

  /**
   * The answers to these questions.
   * @throws InputRequired with those that the client has not answered
   */
  take(questions: Readonly<Record<string, Ask>>): Answers {
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

  /** The state for the next round. */
  close(): string {
    const { method, params } = this.request;
    return this.states.close(method, params, this.principal, this.taken);
  }

  /** The call broke before its client could get the answer: the same state may come once more. */
  release(): void {
    this.broken = true;
    if (this.stateMark !== undefined) this.states.release(this.stateMark);
  }

  private async openState(requestState: string, inputResponses: Params | undefined): Promise<void> {
    const { method, params } = this.request;
    const state = await this.states.take(method, params, this.principal, requestState, this.by);
    this.stateMark = state.mark;
    if (this.broken) this.release();
    this.answers = { ...state.answers, ...inputResponses };
  }
}
