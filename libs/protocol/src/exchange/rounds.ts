import type { Answers, RequestStates } from '../session/request-state.js';
import { invalidParams } from '../wire/errors.js';
import { isObject, type RequestMessage } from '../wire/message.js';
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

  constructor(
    private readonly states: RequestStates,
    private readonly request: RequestMessage,
    private readonly principal: Principal,
  ) {}

  /** Takes what the client brought. Costs nothing where it brought nothing. */
  open(): void {
    const { method, params } = this.request;
    const { inputResponses, requestState } = params;
    if (inputResponses === undefined && requestState === undefined) return;
    if (inputResponses !== undefined && !isObject(inputResponses))
      throw invalidParams('inputResponses: expected an object of answers by the keys of the questions');
    if (requestState !== undefined && typeof requestState !== 'string')
      throw invalidParams('requestState: expected the string that the server gave');
    if (requestState !== undefined) {
      const state = this.states.take(method, params, this.principal, requestState);
      this.stateMark = state.mark;
      this.answers = state.answers;
    }
    this.answers = { ...this.answers, ...inputResponses };
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
    if (this.stateMark !== undefined) this.states.release(this.stateMark);
  }
}
