import { LocalError } from '@mcp-cluster/kernel';
import type { LiveLine, Screen } from './live-line.js';
import { printable } from './progress.view.js';
import { fieldPrompt, fieldsOf, readField, type AnswerValue, type Field } from './question.view.js';

/** A person who is asked line by line. */
export interface Person {
  /** Resolves with the line that was typed, without its end; with undefined when the person ends the input (Ctrl-D). */
  ask(prompt: string, signal: AbortSignal | undefined): Promise<string | undefined>;
}

/** What a server asks for with `elicitation/create`. */
export interface Question {
  readonly message: string;
  readonly requestedSchema?: unknown;
  readonly mode?: unknown;
}

export interface QuestionAnswer {
  readonly action: 'accept' | 'decline';
  readonly content?: Record<string, AnswerValue>;
}

/** A person who mistypes more often than that has left the keyboard to a cat, or a script types. */
const MAX_ATTEMPTS = 5;

/** A tool asks, and nobody is there to answer. */
export class NobodyToAskError extends LocalError {
  constructor(message: string) {
    super(
      'cli.nobody_to_ask',
      `the tool asks "${printable(message)}": expected a terminal to answer on, but stdin or stderr is none`,
    );
  }
}

/** Brings the questions of tools to a person, one at a time (S18). */
export class QuestionDesk {
  private turn: Promise<unknown> = Promise.resolve();
  private line: LiveLine | undefined;

  /** @param person undefined where there is no terminal */
  constructor(
    private readonly screen: Screen,
    private readonly person: Person | undefined,
  ) {}

  /** Whether there is somebody to ask. */
  get staffed(): boolean {
    return this.person !== undefined;
  }

  /** The line that makes room while a question is asked. */
  besides(line: LiveLine | undefined): void {
    this.line = line;
  }

  /**
   * Resolves with the answer; Ctrl-D declines.
   * @throws NobodyToAskError
   */
  ask(question: Question, signal?: AbortSignal): Promise<QuestionAnswer> {
    const person = this.person;
    if (person === undefined) return Promise.reject(new NobodyToAskError(question.message));
    const asked = this.turn.then(() => this.askAll(person, question, signal));
    // The next question waits for the end of this one, however it ends.
    this.turn = asked.catch(() => undefined);
    return asked;
  }

  private async askAll(person: Person, question: Question, signal: AbortSignal | undefined): Promise<QuestionAnswer> {
    // Only forms are declared; a server that asks for a page to be opened all the same gets a no.
    if (question.mode !== undefined && question.mode !== 'form') return { action: 'decline' };
    const fields = fieldsOf(question.requestedSchema);
    this.line?.pause();
    try {
      this.screen.write(`The tool asks: ${printable(question.message)} (Ctrl-D declines)\n`);
      if (fields.length === 0) return await this.confirm(person, signal);
      const content: Record<string, AnswerValue> = {};
      for (const field of fields) {
        const answer = await this.fill(person, field, signal);
        if (answer === undefined) return this.declined();
        if (answer.value !== undefined) content[field.name] = answer.value;
      }
      return { action: 'accept', content };
    } finally {
      this.line?.resume();
    }
  }

  /** A question without fields is one to agree to. */
  private async confirm(person: Person, signal: AbortSignal | undefined): Promise<QuestionAnswer> {
    const agree: Field = { name: 'Agree', required: true, schema: { type: 'boolean' } };
    const answer = await this.fill(person, agree, signal);
    return answer?.value === true ? { action: 'accept', content: {} } : this.declined();
  }

  private async fill(
    person: Person,
    field: Field,
    signal: AbortSignal | undefined,
  ): Promise<{ value: AnswerValue | undefined } | undefined> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const typed = await person.ask(fieldPrompt(field), signal);
      if (typed === undefined) return undefined;
      const reading = readField(field, typed);
      if ('value' in reading) return reading;
      this.screen.write(`  ${reading.problem}\n`);
    }
    return undefined;
  }

  private declined(): QuestionAnswer {
    this.screen.write('  declined\n');
    return { action: 'decline' };
  }
}
