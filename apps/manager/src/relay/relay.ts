import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { ClusterNode } from '../membership/cluster-node.js';
import { failoverReason, isUnsendable } from '../upstream/failure.policy.js';
import { Attempt, type AttemptOwner, type Errand } from './attempt.js';
import { ClientAnswer } from './client-answer.js';
import { requestHeaders } from './forward-headers.js';
import { errorBody, errorEvents, listenEnd, UNKNOWN } from './last-words.js';
import { readRequest, type ReadRequest } from './read-request.js';
import { Recovery, type Recoverable } from './recovery.js';
import type { RefusalReason, Relayed, RelayContext } from './relay-context.js';
import { isStateless, requestKind, type RequestKind } from './request-kind.js';
import { INTERNAL_ERROR, INVALID_REQUEST } from './rpc-error.js';
import type { Guest } from './waiting-room.js';

/** The request as the relay needs it; Node's IncomingMessage is one. */
export interface RelayRequest {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** The status of a request whose client went away, in metrics and logs only (nginx's number). */
export const CLIENT_CLOSED = 499;
/** Milliseconds to wait for a node: a failover with room, for what has one behind it or stands for long anyway. */
const PARKED_MS = 5000;
/** The same for a call that comes now: a rolling restart of a single node. Its client can ask again. */
const FIRST_PARKED_MS = 1000;
const RETRY_AFTER = ['retry-after', '1'];

/**
 * One request on its way to a node and its answer on the way back. It is its own first errand, so that a relayed call
 * allocates little more than this, an attempt and an answer; what a failure needs is made when there is one.
 *
 * It ends exactly once: with a node's answer, in one response whichever nodes gave it, or with one error.
 */
export class Relay implements AttemptOwner, Errand, Relayed, Recoverable, Guest {
  readonly way = 'first';
  readonly path = '/mcp';
  readonly method: string;
  readonly headers: string[];
  readonly kind: RequestKind;
  readonly answer: ClientAnswer;
  private attempt: Attempt | undefined;
  private recovery: Recovery | undefined;
  private parked: Errand | undefined;
  private isEnded = false;

  /**
   * @param body whole, or null for none; kept until the end, because a failover sends it again
   * @param startedAt monotonic milliseconds when the request came
   */
  constructor(
    private readonly context: RelayContext,
    private readonly request: RelayRequest,
    res: ServerResponse,
    readonly requestId: string,
    readonly body: Buffer | null,
    readonly startedAt: number,
  ) {
    this.method = request.method ?? 'POST';
    this.kind = requestKind(request.method, request.headers);
    this.headers = requestHeaders(request.headers, requestId, request.socket.remoteAddress);
    this.answer = new ClientAnswer(context, res, requestId);
  }

  get ended(): boolean {
    return this.isEnded;
  }

  get heldUp(): boolean {
    return this.answer.heldUp;
  }

  get streaming(): boolean {
    return this.answer.events !== undefined;
  }

  get standing(): boolean {
    return this.kind.lane === 'streams';
  }

  get inSession(): boolean {
    return !isStateless(this.request.headers);
  }

  /** Gives the request to a node. */
  start(): void {
    this.give(this);
  }

  give(errand: Errand): void {
    if (this.isEnded) return;
    if (this.standing && !this.context.takesStreams) {
      if (this.answer.stage === 'nothing') this.refuse('draining');
      else this.lost('');
    } else if (!this.ask(errand)) this.park(errand);
  }

  isAt(attempt: Attempt): boolean {
    return !this.isEnded && this.attempt === attempt;
  }

  ignore(attempt: Attempt): void {
    attempt.ignore();
    if (this.attempt === attempt) this.attempt = undefined;
  }

  /** The client went away. The node sees its connection close and decides what that means in the client's era. */
  clientGone(): void {
    if (this.isEnded) return;
    this.leave();
    this.over(CLIENT_CLOSED, 'gone');
  }

  endStream(): void {
    if (this.isEnded) return;
    if (this.answer.stage === 'nothing') {
      this.leave();
      this.refuse('draining');
      return;
    }
    const listening = this.method !== 'GET' && this.answer.events?.sent.answered !== true;
    this.clientGone();
    this.answer.endEvents(listening ? listenEnd(this.read.ids[0] ?? null) : '');
  }

  giveUp(): void {
    if (this.isEnded) return;
    const isWaiting = this.attempt === undefined && this.answer.stage === 'nothing';
    this.leave();
    if (isWaiting) this.refuse('draining');
    else this.lost('The manager stopped while the request was under way: the outcome is unknown');
  }

  nodeDown(node: ClusterNode): void {
    const { attempt } = this;
    if (attempt?.node === node && !this.isEnded) this.recover().nodeDown(attempt);
  }

  answerBegan(attempt: Attempt, status: number, headers: IncomingHttpHeaders): void {
    if (attempt.errand === this) this.answer.begin(status, headers, this.inSession, this.body?.[0] === OPEN_ARRAY);
    else this.recover().answerBegan(attempt, status, headers);
  }

  answerPiece(attempt: Attempt, chunk: Buffer): void {
    if (this.isEnded) return;
    this.recovery?.goesOn();
    if (this.answer.take(chunk, attempt)) this.answered(attempt);
  }

  answerEnded(attempt: Attempt): void {
    this.context.answered();
    this.recovery?.goesOn();
    if (!this.isEnded && !this.answered(attempt)) return;
    this.over(this.answer.status, 'failed');
  }

  attemptFailed(attempt: Attempt, error: Error): void {
    if (this.isEnded) {
      this.over(this.answer.status, 'failed');
      return;
    }
    if (isUnsendable(error, attempt.progress)) {
      const message = 'Invalid Request: a header cannot be forwarded';
      this.fail(400, INVALID_REQUEST, message, { reason: 'bad_header' }, [], 'failed');
      return;
    }
    this.context.nodeFailed(this, attempt.node, error);
    this.attempt = undefined;
    if (this.stalledAt(attempt)) {
      // Its node would run the call again and again for a client that takes nothing. One of a session comes back.
      this.isEnded = true;
      this.answer.destroy();
      this.over(CLIENT_CLOSED, 'gone');
      return;
    }
    if (attempt.progress === 'unsent') this.recover().unsent(attempt, failoverReason(error));
    else this.recover().broke(attempt, error);
  }

  /** The node is well and closed the connection, because its reader took nothing (S20): not a death. */
  private stalledAt({ node }: Attempt): boolean {
    return this.answer.stalled && node.health.state === 'ready';
  }

  tryAgain(back: ClusterNode | undefined): boolean {
    if (back !== undefined) this.recovery?.forgive(back);
    if (this.parked !== undefined) this.ask(this.parked);
    // It may wait again: the node that was found was lost at once.
    return this.parked === undefined;
  }

  waitedTooLong(): void {
    const reason = this.context.refusalReason(this.recovery !== undefined);
    if (this.answer.stage === 'nothing') this.refuse(reason);
    else this.lost('No node could go on with the request: its outcome is unknown');
  }

  close(): void {
    this.leave();
    this.answer.endEvents('');
    this.over(this.answer.status, 'failed');
  }

  /** The answer will not come: the client hears it once, in whatever way is still open. */
  lost(message: string): void {
    const { answer, method, standing } = this;
    const { stage } = answer;
    if (stage === 'nothing') {
      this.fail(502, INTERNAL_ERROR, message, UNKNOWN, [], 'unknown');
      return;
    }
    // Ended before it is written: the client's leaving must not count a second time.
    this.isEnded = true;
    if (stage === 'body') answer.destroy();
    // A GET answers no request, so it just ends, and its client comes back. So does one that listens (2026-07-28,
    // "Graceful Closure"): there is no outcome that it could not know.
    else if (method === 'GET') answer.endEvents('');
    else if (standing) answer.endEvents(listenEnd(this.read.ids[0] ?? null));
    else answer.endEvents(errorEvents(this.read, message, answer.events?.sent));
    this.over(502, standing ? 'failed' : 'unknown');
  }

  /** @returns whether there was a node to ask */
  private ask(errand: Errand): boolean {
    const { lane } = this.kind;
    const node = this.context.router.choose(this.request.headers, lane, this.recovery?.tried(errand), this.body);
    if (node === undefined) return false;
    this.parked = undefined;
    this.attempt = new Attempt(this, node, errand, lane);
    this.attempt.begin();
    return true;
  }

  /** No node can be asked now. */
  private park(errand: Errand): void {
    const { context, recovery } = this;
    const reason = context.refusalReason(recovery !== undefined);
    const patient = this.standing || errand.way !== 'first';
    // Full nodes are not made less full by a queue in front of them.
    const hopeless = reason === 'overloaded' && !patient;
    this.parked = errand;
    if (hopeless || !context.waiting.enter(this, patient ? PARKED_MS : FIRST_PARKED_MS)) this.waitedTooLong();
  }

  /** A collected answer is whole. @returns false when another node is asked instead */
  private answered(attempt: Attempt): boolean {
    const { answer } = this;
    const refused = answer.status === 503 && answer.stage === 'nothing';
    if (refused && this.recover().elsewhere(attempt)) return false;
    this.isEnded = true;
    answer.end();
    return true;
  }

  private recover(): Recovery {
    return (this.recovery ??= new Recovery(this, this.context));
  }

  private get read(): ReadRequest {
    return this.recovery?.body ?? readRequest(this.body, false);
  }

  private leave(): void {
    this.context.waiting.leave(this);
    this.attempt?.leave();
    this.attempt = undefined;
  }

  private refuse(reason: RefusalReason): void {
    this.fail(503, INTERNAL_ERROR, `No node can take the request: ${reason}`, { reason }, RETRY_AFTER, 'failed');
  }

  private fail(
    status: number,
    code: number,
    message: string,
    data: Readonly<Record<string, unknown>>,
    headers: readonly string[],
    outcome: 'failed' | 'unknown',
  ): void {
    this.isEnded = true;
    this.answer.fail(status, errorBody(this.read, code, message, data), headers);
    this.over(status, outcome);
  }

  private over(status: number, outcome: 'failed' | 'unknown' | 'gone'): void {
    this.isEnded = true;
    this.recovery?.ended(outcome);
    this.context.ended(this, status);
  }
}

const OPEN_ARRAY = 0x5b;
