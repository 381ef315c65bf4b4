import { isObject, type RequestId } from './read-request.js';

const PROGRESS = '"notifications/progress"';
/** What a server asks a client (2025 revisions). In a text inside of a message the quotes would be escaped. */
const QUESTIONS = ['"sampling/createMessage"', '"elicitation/create"', '"roots/list"'] as const;
/** A chunk above this is not kept for the one progress report in it. */
const MAX_KEPT_BYTES = 4096;
/** Event ids go into a header: what cannot be written there cannot be resumed. */
const SENDABLE_ID = /^[\x21-\x7e]{1,1024}$/;
/** The beginning of a JSON-RPC message up to the member that tells what it is. */
const TELLING = /^\s*\{\s*(?:(?:"jsonrpc"\s*:\s*"2\.0"|"id"\s*:\s*(?:-?\d+|"(?:[^"\\]|\\.)*"|null))\s*,\s*)*"(\w+)"/;

/**
 * What a client has got of an event stream: all that another node needs to go on with it. While the stream works this
 * costs some searches for a text a chunk; messages are parsed when somebody asks, after a failure.
 */
export class SentEvents {
  /** Of the last whole event that had an id. */
  lastId: string | undefined;
  /** The server has asked the client something. */
  asked = false;
  /** Anything but comments was sent. */
  some = false;
  /** Of a batch: the ids of the requests that have their answers. */
  readonly answeredIds = new Set<RequestId>();
  private last: Buffer | undefined;
  private progress: Buffer | undefined;
  private hasLargeAnswer = false;

  /**
   * @param session the stream is one of a session: only those have ids and questions
   * @param batch it answers several requests
   */
  constructor(
    private readonly session: boolean,
    private readonly batch: boolean,
  ) {}

  /** @param part whole events, as they were written */
  note(part: Buffer): void {
    if (part[0] === COLON && isOneComment(part)) return;
    this.some = true;
    this.last = part;
    const at = part.lastIndexOf(PROGRESS);
    if (at !== -1) this.progress = part.length <= MAX_KEPT_BYTES ? part : eventAround(part, at);
    if (!this.session) return;
    const id = lastIdIn(part);
    if (id !== undefined) this.lastId = SENDABLE_ID.test(id) ? id : undefined;
    this.asked ||= QUESTIONS.some((method) => part.includes(method));
    if (this.batch) for (const message of messagesIn(part)) if (isAnswer(message)) this.answeredIds.add(idOf(message));
  }

  /** @param head the first bytes of an event that was too large to be held back */
  noteLarge(head: Buffer): void {
    this.some = true;
    const text = head.toString('latin1');
    const telling = TELLING.exec(dataOf(text))?.[1];
    if (telling === 'result' || telling === 'error') this.hasLargeAnswer = true;
    if (!this.session) return;
    const id = /^id: ?(.*)$/m.exec(text.slice(0, text.indexOf('data:')))?.[1];
    if (id !== undefined) this.lastId = SENDABLE_ID.test(id) ? id : undefined;
  }

  /** Whether the answer of a single request was sent: it is the last thing that its stream says. */
  get answered(): boolean {
    return this.hasLargeAnswer || (this.last !== undefined && messagesIn(this.last).some(isAnswer));
  }

  /** The highest progress that the client has seen of the request with this token. Progress rises in a stream (S03). */
  progressOf(token: string | number): number | undefined {
    if (this.progress === undefined) return undefined;
    let highest: number | undefined;
    for (const { params } of messagesIn(this.progress)) {
      if (!isObject(params) || params['progressToken'] !== token) continue;
      const { progress } = params;
      if (typeof progress === 'number' && !(progress <= (highest ?? -Infinity))) highest = progress;
    }
    return highest;
  }
}

const COLON = 0x3a;

/** Keep-alives: they say nothing, and come where nothing else does. */
function isOneComment(part: Buffer): boolean {
  return part.indexOf('\n') === part.length - 2;
}

function lastIdIn(part: Buffer): string | undefined {
  const line = part.lastIndexOf('\nid:');
  let at = line + 4;
  if (line === -1) {
    if (part.subarray(0, 3).toString('latin1') !== 'id:') return undefined;
    at = 3;
  }
  if (part[at] === 0x20) at += 1;
  return part.subarray(at, part.indexOf('\n', at)).toString('latin1').replace(/\r$/, '');
}

/** A copy, so that the rest of the chunk can go. */
function eventAround(part: Buffer, at: number): Buffer {
  const before = part.lastIndexOf('\n\n', at);
  return Buffer.from(part.subarray(before === -1 ? 0 : before + 2, part.indexOf('\n\n', at) + 2));
}

type Message = Readonly<Record<string, unknown>>;

function messagesIn(part: Buffer): Message[] {
  return eventsIn(part.toString('utf8'))
    .map(messageOf)
    .filter((message) => message !== undefined);
}

/** The events of a stream's text, each with the empty line that ends it. */
export function eventsIn(text: string): string[] {
  return text.split(/(?<=\n\r?\n)/);
}

/** What an event carries, or undefined when it is no message. */
export function messageOf(event: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(dataOf(event));
    return isObject(message) ? message : undefined;
  } catch {
    return undefined; // a comment, a priming event, or what a dying node left behind
  }
}

function dataOf(event: string): string {
  return event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n');
}

function isAnswer(message: Message): boolean {
  return !('method' in message) && 'id' in message;
}

function idOf({ id }: Message): RequestId {
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}
