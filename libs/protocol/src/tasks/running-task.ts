import { LocalError, type Clock } from '@mcp-cluster/kernel';
import { readAnswer } from '../exchange/asking.js';
import type { Ask } from '../exchange/context.js';
import { Code, WireError } from '../wire/errors.js';
import type { Params } from '../wire/message.js';
import { errorOf, isTerminal, type TaskSnapshot, type TaskStatus } from './task.js';

/** Questions that a task may have open at once; a form more is no help to anybody. */
const MAX_OPEN_QUESTIONS = 64;
/** Status messages longer than this are cut: each is stored and sent to every listener. */
const MAX_STATUS_MESSAGE = 500;

/** A question that its client has not answered yet. */
interface OpenQuestion {
  readonly ask: Ask;
  readonly settle: (answer: unknown) => void;
  readonly drop: (reason: Error) => void;
}

/** How a task ended, for metrics and logs. */
export interface TaskEnd {
  readonly tool: string;
  readonly status: TaskStatus;
  readonly durationMs: number;
  /** The cause of an internal error. */
  readonly thrown?: unknown;
}

export interface RunningTaskParts {
  readonly clock: Clock;
  readonly tool: string;
  /** Milliseconds that a task is kept after its last change. */
  readonly ttlMs: number;
  /** Told each new state, in order; it stores and announces it. */
  readonly changed: (task: TaskSnapshot) => void;
  readonly ended: (end: TaskEnd) => void;
  /** Stops the handler. */
  readonly abort: (reason: string) => void;
  /** Results above it cannot be kept: the task fails. */
  readonly maxResultBytes: number;
  /** How many nodes have run it, this one included. */
  readonly runs: number;
}

/** A task that begins. */
export function newTask(
  clock: Clock,
  taskId: string,
  { ttlMs, pollIntervalMs }: { readonly ttlMs: number; readonly pollIntervalMs: number },
  statusMessage: string | undefined,
): TaskSnapshot {
  const createdAt = new Date(clock.now()).toISOString();
  const head = { taskId, status: 'working' as const, createdAt, lastUpdatedAt: createdAt, ttlMs, pollIntervalMs };
  return statusMessage === undefined ? head : { ...head, statusMessage: cut(statusMessage) };
}

/** A task on the node that runs it: the one writer of its state. */
export class RunningTask {
  private readonly startedAt: number;
  private readonly questions = new Map<string, OpenQuestion>();
  /** Keys are never used twice in a task's life (SEP-2663, "Task Update Requests"). */
  private readonly usedKeys = new Set<string>();
  private disowned = false;

  /** @param state the first one, or the last one that an earlier node has stored */
  constructor(
    private state: TaskSnapshot,
    private readonly parts: RunningTaskParts,
  ) {
    // Both times are of the node that wrote them: clocks of different nodes are not compared.
    const ageMs = Math.max(0, Date.parse(state.lastUpdatedAt) - Date.parse(state.createdAt));
    this.startedAt = parts.clock.monotonic() - ageMs;
  }

  get taskId(): string {
    return this.state.taskId;
  }

  get snapshot(): TaskSnapshot {
    return this.state;
  }

  get tool(): string {
    return this.parts.tool;
  }

  /** Milliseconds since it began. */
  get ageMs(): number {
    return this.parts.clock.monotonic() - this.startedAt;
  }

  get ended(): boolean {
    return isTerminal(this.state.status);
  }

  /** Goes on where another node was lost; its questions are forgotten, and asked again by the handler. */
  resume(): void {
    const { inputRequests: _forgotten, ...rest } = this.state;
    this.state = rest;
    this.change({ status: 'working' });
  }

  /** Another node has the task: stops the handler and says nothing more. */
  disown(reason: string): void {
    this.disowned = true;
    this.dropQuestions();
    this.parts.abort(reason);
  }

  /** Says what the task does, for people. */
  say(statusMessage: string): void {
    if (!this.ended && this.state.statusMessage !== statusMessage) this.change({ statusMessage: cut(statusMessage) });
  }

  /** Promises to keep the task for its TTL from now on: for work that outlasts the TTL. */
  refresh(): void {
    if (!this.ended) this.change({});
  }

  /** Asks a client that can be asked, and waits for all answers (`tasks/update`). */
  async ask(questions: Readonly<Record<string, Ask>>): Promise<Params> {
    const entries = Object.entries(questions);
    if (this.questions.size + entries.length > MAX_OPEN_QUESTIONS)
      throw new LocalError('too_many_asks', `more than ${String(MAX_OPEN_QUESTIONS)} open questions in one task`);
    const answers = entries.map(async ([name, ask]) => [name, await this.open(name, ask)] as const);
    this.showQuestions();
    return Object.fromEntries(await Promise.all(answers));
  }

  /**
   * Takes answers. Keys that are not open are ignored, as the extension wants it; if one that is open is malformed,
   * none is taken.
   * @throws WireError -32602 naming the key
   */
  answer(responses: Params): void {
    const taken = Object.entries(responses).flatMap(([key, response]) => {
      const question = this.questions.get(key);
      return question === undefined ? [] : [{ key, question, answer: readAnswer(key, question.ask, response) }];
    });
    if (taken.length === 0) return;
    for (const { key } of taken) this.questions.delete(key);
    this.showQuestions();
    for (const { question, answer } of taken) question.settle(answer);
  }

  complete(resultJson: string): void {
    const bytes = Buffer.byteLength(resultJson);
    const { maxResultBytes } = this.parts;
    if (bytes > maxResultBytes) {
      const message = `the result has ${String(bytes)} bytes, more than the ${String(maxResultBytes)} that are kept of a task`;
      this.fail(new WireError(Code.InternalError, message, { outcome: 'done' }));
      return;
    }
    this.end({ status: 'completed', resultJson });
  }

  fail(error: WireError): void {
    this.end({ status: 'failed', statusMessage: cut(error.message), error: errorOf(error) }, error.cause);
  }

  cancelled(reason: string): void {
    this.end({ status: 'cancelled', statusMessage: cut(reason) });
  }

  /** Stops the handler; the state becomes `cancelled` with it. */
  cancel(reason: string): void {
    if (!this.ended) this.parts.abort(reason);
  }

  private open(name: string, ask: Ask): Promise<unknown> {
    // A client that answered a key once does not look at it again, so each run of the task has its own.
    const own = this.parts.runs === 1 ? name : `${name}-run${String(this.parts.runs)}`;
    let key = own;
    for (let again = 2; this.usedKeys.has(key); again += 1) key = `${own}-${String(again)}`;
    this.usedKeys.add(key);
    return new Promise((settle, drop) => {
      this.questions.set(key, { ask, settle, drop });
    });
  }

  private showQuestions(): void {
    const { inputRequests: _answered, ...rest } = this.state;
    this.state = rest;
    if (this.questions.size === 0) {
      this.change({ status: 'working' });
      return;
    }
    const inputRequests = Object.fromEntries([...this.questions].map(([key, { ask }]) => [key, ask]));
    this.change({ status: 'input_required', inputRequests });
  }

  private end(state: Partial<TaskSnapshot> & { status: TaskStatus }, thrown?: unknown): void {
    if (this.ended || this.disowned) return;
    const { inputRequests: _open, ...rest } = this.state;
    this.state = rest;
    this.change(state);
    this.dropQuestions();
    this.parts.ended({ tool: this.parts.tool, status: state.status, durationMs: this.ageMs, thrown });
  }

  private dropQuestions(): void {
    const reason = new LocalError('task_ended', 'the task ended before its questions were answered');
    for (const { drop } of [...this.questions.values()]) drop(reason);
    this.questions.clear();
  }

  private change(state: Partial<TaskSnapshot>): void {
    if (this.disowned) return;
    const { clock, ttlMs } = this.parts;
    const lastUpdatedAt = new Date(clock.now()).toISOString();
    // The TTL counts from the creation, and a result is worth as much after ten hours of work as after one second.
    this.state = { ...this.state, ...state, lastUpdatedAt, ttlMs: Math.ceil(this.ageMs) + ttlMs };
    this.parts.changed(this.state);
  }
}

function cut(text: string): string {
  return text.length <= MAX_STATUS_MESSAGE ? text : `${text.slice(0, MAX_STATUS_MESSAGE - 1)}…`;
}
