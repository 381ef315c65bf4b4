import type { IncomingHttpHeaders } from 'node:http';
import type { Timer } from '@mcp-cluster/kernel';
import { SPLICE_HEADER } from '@mcp-cluster/protocol';
import type { ClusterNode } from '../membership/cluster-node.js';
import { failoverReason, type FailoverReason } from '../upstream/failure.policy.js';
import type { Attempt, Errand } from './attempt.js';
import { isEventStream, type ClientAnswer } from './client-answer.js';
import type { IsKnown } from './event-stream.js';
import { readRequest, type ReadRequest } from './read-request.js';
import type { RelayContext } from './relay-context.js';
import { tookNothing } from './refusal.policy.js';
import { isAcknowledgement, isPrimingAt, repeatErrand, resumeErrand, type Repeated } from './splice-errands.js';
import type { SpliceKind } from './splice.metrics.js';

/** How often one request is given to another node after it had reached one. */
const MAX_SPLICES = 3;
/** A standing stream that went well for so many milliseconds has all its tries again: it stands for hours. */
const RENEWED_AFTER_MS = 5000;
/**
 * Milliseconds in which a node that cannot resume a stream yet is asked again: twice the lease of the node that had it,
 * which has to run out before another one may go on.
 */
const RESUME_WITHIN_MS = 3000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 800;
/** Nodes that must not know a stream before it is given up: with a shared store one is enough, a race apart. */
const REFUSALS = 2;
/** "Not now": what the same node may answer otherwise a moment later. */
const LATER: ReadonlySet<number> = new Set([409, 425, 429, 500, 502, 503, 504]);

/** A request whose node failed. */
export interface Recoverable extends Repeated {
  readonly answer: ClientAnswer;
  /** It has its end; nothing may be done for it any more. */
  readonly ended: boolean;
  /** It stands until somebody ends it: a GET, or a listen stream. */
  readonly standing: boolean;
  /** It belongs to a session of a 2025 revision. */
  readonly inSession: boolean;
  readonly startedAt: number;
  /** Asks a node, or waits for one. Without effect for a request that has ended. */
  give(errand: Errand): void;
  /** Whether this attempt is the one that is under way. */
  isAt(attempt: Attempt): boolean;
  /** Reads the rest of an answer away. */
  ignore(attempt: Attempt): void;
  /** The answer was complete: ends without another word. */
  close(): void;
  /** Nobody can answer it. */
  lost(message: string): void;
}

/** What a request does after its first failure: decides who may have it next, and what for. */
export class Recovery {
  private readonly failedOn: ClusterNode[] = [];
  /** Nodes that could not resume its stream: they may still be given the request. */
  private readonly strangers: ClusterNode[] = [];
  private read: ReadRequest | undefined;
  private splices = 0;
  private waits = 0;
  private resumable = true;
  private retrying = false;
  private timer: Timer | undefined;
  /** Monotonic milliseconds when its node was lost, until another one answers. */
  private lostAt: number | undefined;
  private wellSince: number;

  constructor(
    private readonly request: Recoverable,
    private readonly context: RelayContext,
  ) {
    this.wellSince = request.startedAt;
  }

  /** Parsed when it is first asked for. */
  get body(): ReadRequest {
    return (this.read ??= readRequest(this.request.body, this.context.sharedStore));
  }

  /** Nodes that this errand is not for. */
  tried(errand: Errand): readonly ClusterNode[] {
    return errand.way === 'resume' ? [...this.failedOn, ...this.strangers] : this.failedOn;
  }

  /** A node has become ready: what it failed before it was out counts no more. */
  forgive(node: ClusterNode): void {
    for (const list of [this.failedOn, this.strangers]) {
      const at = list.indexOf(node);
      if (at !== -1) list.splice(at, 1);
    }
  }

  /** The node never saw it: another one gets the same. */
  unsent(attempt: Attempt, reason: FailoverReason): void {
    this.failedOn.push(attempt.node);
    this.context.failedOver(reason);
    this.request.give(attempt.errand);
  }

  /** The connection broke after the node had it. */
  broke(attempt: Attempt, error: Error): void {
    const message = `Node ${attempt.node.id} was lost while it had the request: the outcome is unknown`;
    this.renew();
    this.lostAt ??= this.context.clock.monotonic();
    // A node closes the stream of a client that reads too slowly; if it is well it can go on when the client does.
    if (!this.request.answer.heldUp) this.failedOn.push(attempt.node);
    this.plan((errand) => {
      if (errand !== undefined) {
        this.splice(errand, failoverReason(error));
        return;
      }
      this.context.lost();
      this.request.lost(message);
    });
  }

  /** The node is silent. What cannot go on elsewhere waits for it: it may be slow only. */
  nodeDown(attempt: Attempt): void {
    if (attempt.progress === 'unsent') {
      attempt.leave();
      this.unsent(attempt, 'down');
      return;
    }
    if (this.isAnswered) return;
    this.renew();
    this.plan((errand) => {
      if (errand === undefined || !this.request.isAt(attempt)) return;
      attempt.leave();
      this.lostAt ??= this.context.clock.monotonic();
      this.failedOn.push(attempt.node);
      this.splice(errand, 'down');
    });
  }

  /** A second node answers. */
  answerBegan(attempt: Attempt, status: number, headers: IncomingHttpHeaders): void {
    const { answer, standing } = this.request;
    const { way } = attempt.errand;
    const asEvents = isEventStream(headers);
    if (answer.events === undefined) answer.begin(status, headers, this.request.inSession, this.body.batch);
    else if (status >= 400 || (way === 'resume' && !asEvents)) {
      this.request.ignore(attempt);
      this.context.answered();
      this.refused(attempt, status);
      return;
    } else answer.events.goOn(asEvents, this.known(attempt.errand, answer.events.sent.lastId));
    // Nothing need come on a stream that stands.
    if (standing) this.goesOn();
  }

  /** Bytes of the answer come. */
  goesOn(): void {
    if (this.lostAt === undefined) return;
    const now = this.context.clock.monotonic();
    this.context.splices.completed(this.kind, now - this.lostAt);
    this.lostAt = undefined;
    this.wellSince = now;
    this.waits = 0;
  }

  /** A collected 503: whether another node is asked in its place. */
  elsewhere(attempt: Attempt): boolean {
    const { context, request } = this;
    const mayRepeat = this.body.repeatable && context.tools.knows(this.body.tools) === true;
    if (!mayRepeat && !tookNothing(request.answer.collectedBody)) return false;
    if (!context.hasOther([...this.failedOn, attempt.node])) return false;
    this.endRetry();
    if (!context.retries.tryBegin()) {
      context.retryDenied();
      return false;
    }
    this.retrying = true;
    request.ignore(attempt);
    request.answer.cut();
    this.failedOn.push(attempt.node);
    context.failedOver('busy');
    request.give(attempt.errand);
    return true;
  }

  /** The request has ended. @param outcome of a failure that nobody mended */
  ended(outcome: 'failed' | 'unknown' | 'gone'): void {
    this.timer?.cancel();
    this.endRetry();
    if (this.lostAt === undefined || outcome === 'gone') return;
    this.lostAt = undefined;
    this.context.splices.ended(this.kind, outcome);
  }

  private get kind(): SpliceKind {
    const { method, standing, inSession, answer } = this.request;
    if (method === 'GET') return 'session';
    if (standing) return 'listen';
    return inSession && this.resumable && answer.events?.sent.lastId !== undefined ? 'resume' : 'call';
  }

  /** Every request in it has its answer. */
  private get isAnswered(): boolean {
    const sent = this.request.answer.events?.sent;
    if (sent === undefined) return false;
    return this.body.batch ? this.body.ids.every((id) => sent.answeredIds.has(id)) : sent.answered;
  }

  /** A stream that stood well may be taken up as often as at first. */
  private renew(): void {
    if (!this.request.standing || this.lostAt !== undefined) return;
    if (this.context.clock.monotonic() - this.wellSince < RENEWED_AFTER_MS) return;
    this.splices = this.failedOn.length = this.strangers.length = 0;
    this.resumable = true;
  }

  /** @param then told what another node is asked for; undefined when none may be asked */
  private plan(then: (errand: Errand | undefined) => void): void {
    const { request } = this;
    const sent = request.answer.events?.sent;
    if (this.isAnswered) request.close();
    else if (request.answer.stage === 'body' || this.splices >= MAX_SPLICES) then(undefined);
    else if (request.method === 'GET') then(this.resumable ? resumeErrand(request, sent?.lastId) : undefined);
    else if (request.inSession && this.resumable && sent?.lastId !== undefined)
      then(resumeErrand(request, sent.lastId));
    else if (!this.body.repeatable || sent?.asked === true || (sent?.answeredIds.size ?? 0) > 0) then(undefined);
    else
      this.context.tools.ask(this.body.tools, (repeatable) => {
        if (!request.ended) then(repeatable ? this.repeat() : undefined);
      });
  }

  private repeat(): Errand {
    const { request, body } = this;
    const sent = request.answer.events?.sent;
    const progressAbove = body.progressToken === undefined ? undefined : sent?.progressOf(body.progressToken);
    return repeatErrand(request, SPLICE_HEADER, this.context.passes.close(request.requestId, { progressAbove }));
  }

  private splice(errand: Errand, reason: FailoverReason): void {
    const { request } = this;
    this.splices += 1;
    this.context.failedOver(reason);
    request.answer.cut();
    // Of what a client does not take there must not be more.
    request.answer.whenTaken(() => {
      request.give(errand);
    });
  }

  /** A second node cannot go on with a response that is open. */
  private refused(attempt: Attempt, status: number): void {
    const { request, context } = this;
    const { errand, node } = attempt;
    if (errand.way === 'repeat') {
      this.failedOn.push(node);
      this.replan();
      return;
    }
    const now = context.clock.monotonic();
    if (LATER.has(status) && now - (this.lostAt ?? now) < RESUME_WITHIN_MS) {
      const wait = Math.min(FIRST_WAIT_MS * 2 ** this.waits, LONGEST_WAIT_MS);
      this.waits += 1;
      this.timer = context.clock.after(wait, () => {
        request.give(errand);
      });
      return;
    }
    this.strangers.push(node);
    if (this.strangers.length < REFUSALS && context.hasOther(this.tried(errand))) {
      request.give(errand);
      return;
    }
    this.resumable = false;
    this.replan();
  }

  private replan(): void {
    this.plan((errand) => {
      if (errand === undefined) this.request.lost('No other node could go on with the request: its outcome is unknown');
      else this.splice(errand, 'other');
    });
  }

  private known({ way }: Errand, lastId: string | undefined): IsKnown | undefined {
    if (way === 'resume') return lastId === undefined ? undefined : isPrimingAt(lastId);
    return this.request.standing && this.request.answer.events?.sent.some === true ? isAcknowledgement : undefined;
  }

  private endRetry(): void {
    if (this.retrying) this.context.retries.end();
    this.retrying = false;
  }
}
