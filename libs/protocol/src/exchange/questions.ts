import type { Answers } from '../session/request-state.js';
import type { RunningTask } from '../tasks/running-task.js';
import type { Params, RequestMessage } from '../wire/message.js';
import { readAnswer, type InputRequired } from './asking.js';
import type { Ask } from './context.js';
import type { ExchangeServices } from './exchange-services.js';
import type { Peer } from './peer.js';
import type { Reply } from './reply.js';
import { Rounds } from './rounds.js';
import { askSession } from './session-asking.js';

/** What the questions of an exchange belong to. */
export interface QuestionsParts {
  readonly services: ExchangeServices;
  readonly request: RequestMessage;
  readonly peer: Peer;
  readonly reply: Reply;
  readonly requestId: string;
}

/** The questions of one exchange: by rounds, as requests in its session, or those of the task that the call became. */
export class Questions {
  private rounds: Rounds | undefined;
  /** Answers of an earlier run of the task, by their keys. */
  private earlier: Answers | undefined;

  constructor(private readonly parts: QuestionsParts) {}

  /** Takes what the client brought. */
  open(): void | Promise<void> {
    this.rounds = this.newRounds();
    return this.rounds.open();
  }

  /** The answers by which the call came this far: a second run of its handler gets them without asking. */
  get given(): Answers {
    return { ...this.earlier, ...this.rounds?.given };
  }

  restore(answers: Answers): void {
    this.earlier = answers;
  }

  /** The client may bring the same answers again: its call broke. */
  release(): void {
    this.rounds?.release();
  }

  /** The answers have reached the handler: they may not come a second time. */
  keep(): void {
    this.rounds = undefined;
  }

  /** The result of a call that ends with questions. */
  required({ questions }: InputRequired): Params {
    return {
      resultType: 'input_required',
      inputRequests: questions,
      requestState: (this.rounds ?? this.newRounds()).close(),
      _meta: this.parts.services.serverMeta,
    };
  }

  /** Asks the client, wherever it is. */
  ask(questions: Record<string, Ask>, task: RunningTask | undefined, signal: AbortSignal): Params | Promise<Params> {
    if (task !== undefined) return this.answeredEarlier(questions) ?? task.ask(questions);
    const { peer, reply, services } = this.parts;
    if (peer.era === 'session') {
      const { clock, nextAskId } = services;
      return askSession(peer.session, { reply, clock, nextAskId, signal }, questions);
    }
    this.rounds ??= this.newRounds();
    return this.rounds.take(questions);
  }

  private answeredEarlier(questions: Record<string, Ask>): Params | undefined {
    const { earlier } = this;
    const entries = Object.entries(questions);
    if (earlier === undefined || !entries.every(([key]) => Object.hasOwn(earlier, key))) return undefined;
    return Object.fromEntries(entries.map(([key, ask]) => [key, readAnswer(key, ask, earlier[key])]));
  }

  private newRounds(): Rounds {
    const { services, request, peer, reply, requestId } = this.parts;
    return new Rounds(services.states, request, peer.principal, { holder: requestId, again: reply.again === true });
  }
}
