import type { IncomingHttpHeaders } from 'node:http';
import { asError, LocalError } from '@mcp-cluster/kernel';
import type { Dispatcher } from 'undici';
import type { ClusterNode } from '../membership/cluster-node.js';
import type { Progress } from '../upstream/failure.policy.js';
import type { Lane } from '../upstream/upstream.js';

/**
 * Why a node is asked.
 * - `first`: for the client's request as it came
 * - `repeat`: for the same request once more, because the node that had it is lost
 * - `resume`: for the rest of a stream that another node began (GET with `Last-Event-ID`)
 */
export type Way = 'first' | 'repeat' | 'resume';

/** What a node is asked for: undici's options of one request. */
export interface Errand {
  readonly way: Way;
  readonly path: string;
  readonly method: string;
  /** Name, value, name, value. */
  readonly headers: string[];
  readonly body: Buffer | null;
}

/** Who gets the answer. Told of one attempt at a time, and of none that was left. */
export interface AttemptOwner {
  answerBegan(attempt: Attempt, status: number, headers: IncomingHttpHeaders): void;
  answerPiece(attempt: Attempt, chunk: Buffer): void;
  answerEnded(attempt: Attempt): void;
  attemptFailed(attempt: Attempt, error: Error): void;
}

const LEFT = new LocalError('left', 'nobody waits for the answer any more');
const FOREIGN = new LocalError('foreign_answer', 'the answer is no MCP: neither JSON nor an event stream');
/** What a node's balancer hears of a request whose client gave up before its answer (nginx's number). */
const ABANDONED = 499;

/** One request at one node: undici's handler, and the node's count of what it has. */
export class Attempt implements Dispatcher.DispatchHandler {
  progress: Progress = 'unsent';
  private controller: Dispatcher.DispatchController | undefined;
  private begunAt = 0;
  private isLeft = false;

  constructor(
    private readonly owner: AttemptOwner,
    readonly node: ClusterNode,
    readonly errand: Errand,
    private readonly lane: Lane,
  ) {}

  begin(): void {
    this.begunAt = this.node.begin(this.lane);
    this.node.link.dispatch(this.errand, this, this.lane);
  }

  /**
   * Nobody waits for it any more. The node sees its connection close, and decides what that means in the client's era;
   * a request that was not written never is.
   */
  leave(): void {
    if (this.isLeft) return;
    this.isLeft = true;
    if (this.progress === 'sent') this.node.firstByte(this.lane, this.begunAt, ABANDONED);
    this.controller?.abort(LEFT);
  }

  /** The rest of its answer means nothing, and is read away: the connection stays in use. */
  ignore(): void {
    this.isLeft = true;
  }

  /** The client takes no more for now: the node waits too, and nothing piles up here. */
  pause(): void {
    this.controller?.pause();
  }

  resume(): void {
    if (!this.isLeft) this.controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isLeft) {
      controller.abort(LEFT);
      return;
    }
    this.controller = controller;
    this.progress = 'sent';
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.isLeft) return;
    if (isForeign(headers)) {
      controller.abort(FOREIGN); // comes back as the failure of this attempt
      return;
    }
    this.progress = 'answering';
    this.node.firstByte(this.lane, this.begunAt, status);
    this.owner.answerBegan(this, status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.isLeft) this.owner.answerPiece(this, chunk);
  }

  onResponseEnd(): void {
    this.release();
    if (!this.isLeft) this.owner.answerEnded(this);
  }

  /** Also called for a request that never got a connection. */
  onResponseError(_controller: Dispatcher.DispatchController | null, thrown: Error): void {
    this.release();
    if (!this.isLeft) this.owner.attemptFailed(this, asError(thrown));
  }

  private release(): void {
    this.node.end(this.lane);
    this.controller = undefined;
  }
}

/**
 * An answer that no node gives: a web page of whatever listens at its address now. A client could make nothing of it, and
 * a fast wrong answer would draw the load of the whole cluster.
 */
function isForeign({ 'content-type': type }: IncomingHttpHeaders): boolean {
  return type !== undefined && !/^(?:application\/json|text\/event-stream)\s*(?:;|$)/i.test(type);
}
