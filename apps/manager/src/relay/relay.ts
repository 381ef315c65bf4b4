import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { asError, LocalError } from '@mcp-cluster/kernel';
import type { Dispatcher } from 'undici';
import type { ClusterNode } from '../membership/cluster-node.js';
import { remedyFor, type Progress } from '../upstream/failure.policy.js';
import { requestHeaders, responseHeaders } from './forward-headers.js';
import type { RefusalReason, Relayed, RelayContext } from './relay-context.js';
import { isStateless, requestKind, type RequestKind } from './request-kind.js';
import { INTERNAL_ERROR, INVALID_REQUEST, requestIdOf, rpcError, sendError } from './rpc-error.js';
import { SseTail } from './sse-tail.js';

/** The request as the relay needs it; Node's IncomingMessage is one. */
export interface RelayRequest {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** The status of a request whose client went away, in metrics and logs only (nginx's number). */
export const CLIENT_CLOSED = 499;
/** Bytes up to which copying an answer is cheaper than writing it as a piece of its own. */
const SMALL_BYTES = 16_384;
const RETRY_AFTER_SECONDS = '1';
const GONE = new LocalError('client_gone', 'the client closed its connection');

/**
 * One request on its way to a node and its answer on the way back. It is its own undici handler and its own
 * request options, so that a relayed call allocates little more than this.
 *
 * It ends exactly once, with the node's answer or one error: see `onResponseError` for which.
 */
export class Relay implements Dispatcher.DispatchHandler, Relayed {
  readonly path = '/mcp';
  readonly method: string;
  readonly headers: string[];
  readonly kind: RequestKind;
  private node: ClusterNode | undefined;
  private tried: ClusterNode[] | undefined;
  private controller: Dispatcher.DispatchController | undefined;
  private progress: Progress = 'unsent';
  private tail: SseTail | undefined;
  /** Bytes of a body with Content-Length that are to come; -1 when its length is unknown. */
  private remaining = -1;
  private ended = false;
  private guarded = false;
  heldUp = false;

  /**
   * @param body whole, or null for none; kept until the end, because a failover sends it again
   * @param startedAt monotonic milliseconds when the request came
   */
  constructor(
    private readonly context: RelayContext,
    private readonly request: RelayRequest,
    private readonly res: ServerResponse,
    readonly requestId: string,
    readonly body: Buffer | null,
    readonly startedAt: number,
  ) {
    this.method = request.method ?? 'POST';
    this.kind = requestKind(request.method, request.headers);
    this.headers = requestHeaders(request.headers, requestId, request.socket.remoteAddress);
  }

  get streaming(): boolean {
    return this.tail !== undefined;
  }

  /** Gives the request to a node: the first time, and again after each failure that allows it. */
  start(): void {
    if (this.kind.lane === 'streams' && !this.context.takesStreams) {
      this.refuse('draining');
      return;
    }
    const node = this.context.router.choose(this.request.headers, this.kind.lane, this.tried);
    if (node === undefined) {
      this.refuse(this.context.refusalReason(this.tried !== undefined));
      return;
    }
    this.node = node;
    this.progress = 'unsent';
    node.begin(this.kind.lane);
    node.link.dispatch(this, this, this.kind.lane);
  }

  /** The client went away. The node sees its connection close and decides what that means in the client's era. */
  clientGone(): void {
    if (this.ended) return;
    this.ended = true;
    // Before it is written there is no controller: onRequestStart then ends it.
    this.controller?.abort(GONE);
  }

  endStream(): void {
    if (this.ended) return;
    this.clientGone();
    const listening = this.tail !== undefined && this.method !== 'GET' && !this.tail.answered;
    this.res.end(listening ? this.listenEnd(this.tail?.separator ?? '') : '');
  }

  giveUp(): void {
    if (this.ended || this.node === undefined) return;
    const { controller } = this;
    this.lost('The manager stopped while the request was under way: the outcome is unknown');
    controller?.abort(GONE);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.ended) {
      controller.abort(GONE);
      return;
    }
    this.controller = controller;
    this.progress = 'sent';
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.progress = 'answering';
    const length = headers['content-length'];
    if (length !== undefined) this.remaining = Number(length);
    this.res.writeHead(status, responseHeaders(headers, this.requestId));
    if (headers['content-type']?.startsWith('text/event-stream') !== true) return;
    this.tail = new SseTail();
    this.guard();
    // The client learns that its stream is open now, not with the first event.
    this.res.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.ended) return;
    this.tail?.note(chunk);
    if (this.remaining >= 0) {
      this.remaining -= chunk.length;
      if (this.remaining <= 0) {
        this.ended = true;
        this.endWith(chunk);
        return;
      }
    }
    if (this.res.write(chunk)) return;
    // The client reads slower than the node writes: the node waits too, and nothing piles up here.
    this.heldUp = true;
    this.guard();
    controller.pause();
    this.res.once('drain', () => {
      controller.resume();
    });
  }

  onResponseEnd(): void {
    this.release();
    this.context.answered();
    if (!this.ended) {
      this.ended = true;
      this.res.end();
    }
    this.context.ended(this, this.res.statusCode);
  }

  /** Also called, without a controller, for a request that never got a connection. */
  onResponseError(_controller: Dispatcher.DispatchController | null, thrown: Error): void {
    const node = this.node;
    this.release();
    if (this.ended || node === undefined) {
      this.context.ended(this, CLIENT_CLOSED);
      return;
    }
    const error = asError(thrown);
    const remedy = remedyFor(error, this.progress, this.kind.repeatable);
    if (remedy === 'unsendable') {
      this.fail(400, INVALID_REQUEST, 'Invalid Request: a header cannot be forwarded', { reason: 'bad_header' });
      return;
    }
    this.context.nodeFailed(this, node, error, remedy);
    if (remedy === 'retry') {
      (this.tried ??= []).push(node);
      this.start();
      return;
    }
    this.lost(`Node ${node.id} was lost while it had the request: the outcome is unknown`);
  }

  /** The last piece of a body: with the head it leaves in one write. */
  private endWith(chunk: Buffer): void {
    // Node joins a text to the head, but writes a buffer as a piece of its own, which costs more for small
    // answers. Latin-1 maps every byte to one character and back.
    if (chunk.length <= SMALL_BYTES) this.res.end(chunk.toString('latin1'), 'latin1');
    else this.res.end(chunk);
    this.guardRest();
  }

  /** From now on the client has to take what waits for it. */
  private guard(): void {
    if (this.guarded) return;
    this.guarded = true;
    this.context.guardStalled(this.res);
  }

  /** After the end of an answer: nearly all are with the kernel already, and cost no timer. */
  private guardRest(): void {
    if (this.res.writableLength > 0) this.guard();
  }

  /** The answer will not come: the client hears it once, in whatever way is still open. */
  private lost(message: string): void {
    const data = { outcome: 'unknown' };
    if (this.progress !== 'answering') {
      this.fail(502, INTERNAL_ERROR, message, data);
      return;
    }
    this.ended = true;
    const tail = this.tail;
    // A session's client that does not read: a node closes such a reader too, and keeps its call. The client comes back
    // for it if its connection breaks, and would not after an error.
    const comesBack = this.res.writableNeedDrain && !isStateless(this.request.headers);
    if (tail === undefined || comesBack) {
      // Half a JSON body: only a broken connection says that it is not the whole.
      this.res.destroy();
    } else {
      // A standing GET stream answers no request, so it just ends, and so does a call that has its answer.
      const event = this.method === 'GET' || tail.answered ? '' : this.errorEvent(message, data, tail.separator);
      this.res.end(event);
    }
    this.context.ended(this, 502);
  }

  /** A listen stream's end in good order (2026-07-28, "Graceful Closure"): its client listens again elsewhere. */
  private listenEnd(separator: string): string {
    const id = requestIdOf(this.body);
    const _meta = { 'io.modelcontextprotocol/subscriptionId': id };
    const message = JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', _meta } });
    return `${separator}event: message\ndata: ${message}\n\n`;
  }

  private errorEvent(message: string, data: Record<string, unknown>, separator: string): string {
    const body = rpcError(requestIdOf(this.body), INTERNAL_ERROR, message, data);
    return `${separator}event: message\ndata: ${body}\n\n`;
  }

  private refuse(reason: RefusalReason): void {
    this.fail(503, INTERNAL_ERROR, `No node can take the request: ${reason}`, { reason }, [
      'retry-after',
      RETRY_AFTER_SECONDS,
    ]);
  }

  private fail(
    status: number,
    code: number,
    message: string,
    data: Record<string, unknown>,
    headers: string[] = [],
  ): void {
    this.ended = true;
    const body = rpcError(requestIdOf(this.body), code, message, data);
    sendError(this.res, status, body, ['x-request-id', this.requestId, ...headers]);
    this.guardRest();
    this.context.ended(this, status);
  }

  private release(): void {
    this.node?.end(this.kind.lane);
    this.node = undefined;
    this.controller = undefined;
  }
}
