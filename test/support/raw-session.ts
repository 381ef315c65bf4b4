import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { HttpAnswer } from '@mcp-cluster/testkit/http';
import type { RpcMessage } from './raw-http.js';

export interface CallOptions {
  readonly id?: string | number;
  /** Sent as the progress token too, so that the answer is a stream from its beginning; by default it is. */
  readonly streamed?: boolean;
}

/** A session of a 2025 revision without an SDK: each request on a connection of its own, nothing read unasked. */
export class RawSession {
  private constructor(
    readonly url: string,
    readonly id: string,
    readonly revision: string,
  ) {}

  static async begin(url: string, revision = '2025-11-25'): Promise<RawSession> {
    const params = { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
    const answer = await send(url, 'POST', {}, { jsonrpc: '2.0', id: 0, method: 'initialize', params });
    const { result } = (await answer.json()) as RpcMessage;
    const session = answer.headers['mcp-session-id'];
    if (typeof session !== 'string' || result?.['protocolVersion'] !== revision)
      throw new Error(`initialize gave no session of ${revision}: HTTP ${String(answer.status)} ${answer.soFar}`);
    const begun = new RawSession(url, session, revision);
    await begun.notify('notifications/initialized');
    return begun;
  }

  /** The same session at another address. */
  at(url: string): RawSession {
    return new RawSession(url, this.id, this.revision);
  }

  /** Resolves with the head of the answer. */
  post(message: object): Promise<HttpAnswer> {
    return send(this.url, 'POST', this.headers, { jsonrpc: '2.0', ...message });
  }

  callTool(name: string, args: object, { id = 1, streamed = true }: CallOptions = {}): Promise<HttpAnswer> {
    const _meta = streamed ? { progressToken: id } : {};
    return this.post({ id, method: 'tools/call', params: { name, arguments: args, _meta } });
  }

  async notify(method: string, params: object = {}): Promise<number> {
    const answer = await this.post({ method, params });
    await answer.text();
    return answer.status;
  }

  /** GET: the session's own stream, or any of its streams after an event. */
  get(lastEventId?: string): Promise<HttpAnswer> {
    const place = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return send(this.url, 'GET', { ...this.headers, accept: 'text/event-stream', ...place });
  }

  async end(): Promise<number> {
    const answer = await send(this.url, 'DELETE', this.headers);
    await answer.text();
    return answer.status;
  }

  /** Of every request in it. */
  get headers(): Record<string, string> {
    return { 'mcp-session-id': this.id, 'mcp-protocol-version': this.revision };
  }
}

/** A request on a new connection. Resolves with the head of the answer; its body waits until it is asked for. */
export async function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>> = {},
  body?: object,
): Promise<HttpAnswer> {
  return new HttpAnswer(await sendUnread(url, method, headers, body));
}

/** As `send`, for who reads the answer in a way of its own. */
export async function sendUnread(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>> = {},
  body?: object,
): Promise<IncomingMessage> {
  const types = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
  const sent = request(url, { method, headers: { ...types, ...headers }, agent: false });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  // What breaks later is told by the answer.
  sent.on('error', () => undefined);
  return response;
}
