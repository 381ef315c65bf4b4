import type { IncomingMessage, ServerResponse } from 'node:http';
import { IdSource, safeRequestId, type Background, type Clock, type Rng } from '@mcp-cluster/kernel';
import {
  allowsBatch,
  Code,
  errorMessage,
  headerMismatch,
  invalidRequest,
  MessageError,
  preview,
  readEnvelope,
  readMessage,
  repeatableText,
  SPLICE_HEADER,
  statelessPeer,
  toWireError,
  WireError,
  type Dispatcher,
  type Exchange,
  type Message,
  type RequestMessage,
  type Session,
  type Splice,
  type SplicePass,
  type StreamArchive,
} from '@mcp-cluster/protocol';
import { readAccept } from './accept.js';
import { parseMessage } from '../message-bytes.js';
import { BatchReply } from './batch-reply.js';
import { readBody } from './body.js';
import { requireAgreement } from './header-agreement.js';
import type { HostGuard } from './host-guard.js';
import { HttpCall } from './http-call.js';
import { isInitialize, isStateless, requireServedHeader } from './http-era.js';
import { HttpReply } from './http-reply.js';
import { sendJson } from './json-answer.js';
import { SessionGet } from './session-get.js';
import type { StreamObserver } from './stream-observer.js';
import { StreamServices, type StreamReadings } from './stream-services.js';
import { SessionRequests } from './session-requests.js';
import { StreamTakeover } from './stream-takeover.js';

export interface HttpTransportOptions {
  readonly dispatcher: Dispatcher;
  readonly guard: HostGuard;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
  /** Where streams are kept for other nodes to go on with; default: nowhere. */
  readonly archive?: StreamArchive;
  /** Opens what a manager says of a call that comes for the second time; default: nothing is believed. */
  readonly splices?: SplicePass;
  /** Milliseconds after which a quiet stream gets a comment; 15,000 (S14). */
  readonly keepAliveMs?: number;
  /** Milliseconds after which an answer is closed whose reader takes nothing of what waits for it; 10,000 (S20). */
  readonly stallMs?: number;
  /** Told of what happens to streams, for metrics. */
  readonly observer?: StreamObserver;
}

/** The SDK's limit for one batch. */
const MAX_BATCH = 100;

/** Streamable HTTP of both eras on one path (S02). Knows HTTP and nothing of tools. */
export class HttpTransport {
  private readonly ids: IdSource;
  private readonly services: StreamServices;
  private readonly sessionGet: SessionGet;
  private readonly sessions: SessionRequests;

  constructor(private readonly options: HttpTransportOptions) {
    this.ids = new IdSource(options.rng);
    this.services = new StreamServices(options);
    const { archive, dispatcher } = options;
    const takeover = archive && new StreamTakeover(this.services, archive, dispatcher);
    this.sessionGet = new SessionGet(this.services, takeover);
    this.sessions = new SessionRequests(dispatcher, options.background);
  }

  /** Event streams that are open. */
  get streams(): number {
    return this.services.open.size;
  }

  /** What its streams are like now, for gauges. Looks at each of them. */
  readStreams(): StreamReadings {
    return this.services.read();
  }

  /** Finds out which streams other nodes have taken over while this one could not know. */
  checkStreams(): void {
    this.services.checkLogs();
  }

  /** Serves one request to the MCP path. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const call = new HttpCall(request, response, safeRequestId(request.headers['x-request-id']) ?? this.ids.next());
    const refusal = this.options.guard.check(request.headers);
    if (refusal !== undefined) {
      const error = new WireError(Code.InvalidRequest, refusal.message, undefined, 'gate');
      sendJson(response, refusal.status, errorMessage(undefined, error), [...call.headers, 'Connection', 'close']);
      return;
    }
    switch (request.method) {
      case 'POST':
        this.post(call);
        return;
      case 'GET':
        this.sessions.orRefuse(call, (session) => {
          this.sessionGet.serve(call, session);
        });
        return;
      case 'DELETE':
        this.sessions.orRefuse(call, (session) => {
          this.sessions.end(call, session);
        });
        return;
      default:
        call.methodNotAllowed();
    }
  }

  private post(call: HttpCall): void {
    const { headers } = call.request;
    if (!isJson(headers['content-type'])) {
      call.refuse(415, `Content-Type: expected application/json, got ${preview(headers['content-type'])}`);
      return;
    }
    const accepts = readAccept(headers.accept);
    if (!accepts.json && !accepts.sse) {
      call.refuse(406, `Accept: expected application/json and text/event-stream, got ${preview(headers.accept)}`);
      return;
    }
    call.accepts = accepts;
    readBody(call.request, (body, error) => {
      try {
        if (body === undefined) throw error ?? invalidRequest('no body');
        this.receive(call, parseMessage(body));
      } catch (thrown) {
        if (thrown instanceof MessageError) call.fail(thrown.wire, thrown.id);
        else call.fail(toWireError(thrown), call.id);
      }
    });
  }

  private receive(call: HttpCall, body: unknown): void {
    if (Array.isArray(body)) {
      this.receiveBatch(call, body);
      return;
    }
    const message = readMessage(body);
    if (message.kind === 'request') call.id = message.id;
    if (isStateless(call, message)) this.receiveStateless(call, message);
    else this.receiveInSession(call, message);
  }

  private receiveStateless(call: HttpCall, message: Message): void {
    call.era = 'stateless';
    if (message.kind === 'response') throw invalidRequest('this revision has no responses from clients');
    if (message.kind === 'notification') {
      call.accept(); // this revision defines none for HTTP: taken and dropped
      return;
    }
    const { headers } = call.request;
    const { dispatcher } = this.options;
    const envelope = readEnvelope(message.params);
    if (headers['mcp-protocol-version'] === undefined)
      throw headerMismatch(`MCP-Protocol-Version: expected ${preview(envelope.revision)} as in the body, got nothing`);
    requireAgreement(headers, message, dispatcher.registry);
    const reply = this.reply(call, message, undefined);
    this.follow(
      call,
      reply,
      dispatcher.request(message, statelessPeer(envelope, call.principal), reply, call.requestId),
    );
  }

  private receiveInSession(call: HttpCall, message: Message): void {
    const { dispatcher } = this.options;
    requireServedHeader(call);
    if (message.kind === 'request' && message.method === 'initialize') {
      const reply = this.reply(call, message, undefined);
      dispatcher.initialize(message, call.principal, reply, call.requestId, (session) => {
        reply.headers.push('Mcp-Session-Id', session.id);
      });
      return;
    }
    this.sessions.inSession(call, (session) => {
      this.receiveFrom(call, session, message);
    });
  }

  private receiveFrom(call: HttpCall, session: Session, message: Message): void {
    const { dispatcher } = this.options;
    if (message.kind === 'request') {
      const reply = this.reply(call, message, session);
      this.follow(call, reply, dispatcher.request(message, session, reply, call.requestId));
      return;
    }
    if (message.kind === 'notification') dispatcher.notification(message, session);
    else dispatcher.response(message, session);
    call.accept();
  }

  private receiveBatch(call: HttpCall, body: readonly unknown[]): void {
    if (body.length === 0) throw invalidRequest('batch: expected at least one message');
    if (body.length > MAX_BATCH)
      throw invalidRequest(`batch: expected at most ${String(MAX_BATCH)} messages, got ${String(body.length)}`);
    requireServedHeader(call);
    const messages = body.map(readMessage);
    if (messages.some((message) => isStateless(call, message) || isInitialize(message)))
      throw invalidRequest('batch: 2026-07-28 has no batches, and initialize cannot be part of one');
    this.sessions.inSession(call, (session) => {
      this.receiveBatchFrom(call, session, messages);
    });
  }

  private receiveBatchFrom(call: HttpCall, session: Session, messages: readonly Message[]): void {
    if (!allowsBatch(session.revision)) throw invalidRequest(`batch: ${session.revision} has no batches`);
    const { dispatcher } = this.options;
    const requests = messages.filter((message) => message.kind === 'request');
    for (const message of messages) {
      if (message.kind === 'notification') dispatcher.notification(message, session);
      else if (message.kind === 'response') dispatcher.response(message, session);
    }
    if (requests.length === 0) {
      call.accept();
      return;
    }
    const reply = this.reply(call, undefined, session);
    const batch = new BatchReply(reply, requests.length);
    for (const message of requests) dispatcher.request(message, session, batch.part(), call.requestId);
    this.follow(call, reply, undefined);
  }

  private reply(call: HttpCall, message: RequestMessage | undefined, session: Session | undefined): HttpReply {
    const meta = message?.params['_meta'] as { progressToken?: unknown } | null | undefined;
    const preferStream = call.accepts.sse && meta?.progressToken !== undefined;
    const kind = message?.method === 'subscriptions/listen' ? 'listen' : 'call';
    const { dispatcher } = this.options;
    return new HttpReply(call, this.services, {
      preferStream,
      kind,
      session,
      again: () => (message === undefined ? undefined : repeatableText(message, dispatcher.registry)),
      splice: this.spliceOf(call),
    });
  }

  private spliceOf({ request: { headers }, requestId }: HttpCall): Splice | undefined {
    const pass = headers[SPLICE_HEADER];
    return typeof pass === 'string' ? this.options.splices?.open(requestId, pass) : undefined;
  }

  /** Looks after an answer that is not there yet: keep-alive, and the client going away. */
  private follow(call: HttpCall, reply: HttpReply, exchange: Exchange | undefined): void {
    if (reply.done) return;
    if (exchange !== undefined) reply.exchange = exchange;
    reply.prime();
    this.services.keepAlive.add(reply);
    call.response.once('close', () => {
      this.services.keepAlive.delete(reply);
      if (!reply.done) exchange?.disconnected();
    });
  }
}

function isJson(contentType: string | undefined): boolean {
  return contentType === 'application/json' || /^application\/json\s*(;|$)/i.test(contentType ?? '');
}
