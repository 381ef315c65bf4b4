import { once } from 'node:events';
import { request, Agent, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seededRng } from '@mcp-cluster/kernel';
import {
  STATELESS_REVISION,
  type NotificationKind,
  type Params,
  type SplicePass,
  type StreamArchive,
  type ToolDefinition,
} from '@mcp-cluster/protocol';
import {
  createMcpServer,
  HostGuard,
  HttpTransport,
  type HostGuardOptions,
  type StreamObserver,
} from '@mcp-cluster/transports';
import type { VirtualClock } from '../virtual-clock.js';
import { TestNode, type TestNodeOptions } from '../protocol/test-node.js';
import { HttpAnswer } from './http-answer.js';
import { StreamRecord } from './stream-record.js';

/** In the place of a header's value: this header is not sent. */
export const NO_HEADER = undefined;
export type HeaderValues = Readonly<Record<string, string | string[] | undefined>>;

export interface HttpNodeOptions {
  readonly tools?: readonly ToolDefinition[];
  readonly guard?: HostGuardOptions;
  readonly keepAliveMs?: number;
  readonly stallMs?: number;
  /** What it shares with other nodes of a test. */
  readonly node?: TestNodeOptions;
  readonly archive?: StreamArchive;
  readonly splices?: SplicePass;
  /** In the place of the node's own record. */
  readonly observer?: StreamObserver;
}

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': STATELESS_REVISION,
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** The `_meta` of a request of 2026-07-28, and more of it. */
export function envelope(more: Params = {}): Params {
  return { ...ENVELOPE, ...more };
}

/** A node behind a real HTTP server on a free port, on virtual time. */
export class HttpNode {
  readonly node: TestNode;
  readonly clock: VirtualClock;
  readonly transport: HttpTransport;
  /** What happened to its streams. */
  readonly record = new StreamRecord();
  /** The server's side of every request to the MCP path, oldest first. */
  readonly responses: ServerResponse[] = [];
  private readonly server: Server;
  private readonly agent = new Agent({ keepAlive: true });
  private lastId = 0;

  private constructor(options: HttpNodeOptions) {
    this.node = new TestNode(options.node);
    this.clock = this.node.clock;
    for (const tool of options.tools ?? []) this.node.registry.tool(tool);
    this.transport = new HttpTransport({
      dispatcher: this.node.dispatcher,
      guard: new HostGuard(options.guard ?? { allowedHosts: ['localhost'], allowedOrigins: [] }),
      clock: this.clock,
      rng: seededRng(2 + (options.node?.seed ?? 0)),
      background: this.node.background,
      ...(options.archive && { archive: options.archive }),
      ...(options.splices && { splices: options.splices }),
      observer: options.observer ?? this.record,
      ...(options.keepAliveMs !== undefined && { keepAliveMs: options.keepAliveMs }),
      ...(options.stallMs !== undefined && { stallMs: options.stallMs }),
    });
    this.server = createMcpServer(
      (message, response) => {
        this.responses.push(response);
        this.transport.handle(message, response);
      },
      (_message, response) => response.writeHead(404).end('the router'),
    );
  }

  /** Starts a node that `cleanUp`, such as Vitest's `onTestFinished`, stops. */
  static async serve(cleanUp: (stop: () => Promise<void>) => void, ...tools: ToolDefinition[]): Promise<HttpNode> {
    const node = await HttpNode.start({ tools });
    cleanUp(() => node.stop());
    return node;
  }

  static async start(options: HttpNodeOptions = {}): Promise<HttpNode> {
    const node = new HttpNode(options);
    node.server.listen(0, '127.0.0.1');
    await once(node.server, 'listening');
    return node;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Notifications that slow readers did not get. */
  get dropped(): readonly NotificationKind[] {
    return this.record.drops;
  }

  /** The server's side of the last request. */
  get lastResponse(): ServerResponse {
    const last = this.responses.at(-1);
    if (last === undefined) throw new Error('no request has come yet');
    return last;
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** Sends a request; resolves when the answer's headers are there. */
  async send(method: string, headers: HeaderValues, body?: string | Buffer, path = '/mcp'): Promise<HttpAnswer> {
    const all: HeaderValues = { host: 'localhost', ...headers };
    const given = Object.entries(all).filter(([, value]) => value !== undefined);
    const message = request({
      port: this.port,
      host: '127.0.0.1',
      path,
      method,
      agent: this.agent,
      headers: Object.fromEntries(given) as Record<string, string | string[]>,
    });
    message.end(body);
    const [response] = (await once(message, 'response')) as [IncomingMessage];
    return new HttpAnswer(response);
  }

  /** POSTs a body with the headers of an ordinary client, which `headers` may replace or take away. */
  post(body: unknown, headers: HeaderValues = {}): Promise<HttpAnswer> {
    const ordinary = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return this.send('POST', { ...ordinary, ...headers }, bytes);
  }

  /** A request of 2026-07-28 with the headers that repeat its body. */
  stateless(method: string, params: Params = {}, headers: HeaderValues = {}): Promise<HttpAnswer> {
    const named = method === 'resources/read' ? params['uri'] : params['name'];
    const meta = envelope(params['_meta'] as Params | undefined);
    const repeated = {
      'mcp-protocol-version': STATELESS_REVISION,
      'mcp-method': method,
      ...(typeof named === 'string' && { 'mcp-name': named }),
    };
    return this.post(
      { ...this.message(method, params), params: { ...params, _meta: meta } },
      { ...repeated, ...headers },
    );
  }

  /** `initialize`; the headers that a client of this session sends. */
  async session(revision = '2025-11-25'): Promise<Record<string, string>> {
    const params = { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'client', version: '1' } };
    const answer = await this.post(this.message('initialize', params));
    await answer.text();
    const id = answer.headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Error(`initialize gave no session: ${String(answer.status)}`);
    return { 'mcp-session-id': id, 'mcp-protocol-version': revision };
  }

  /** HTTP GET of a session: its own stream, or the one that an event id names. */
  listen(session: HeaderValues, lastEventId?: string): Promise<HttpAnswer> {
    const place = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return this.send('GET', { ...session, accept: 'text/event-stream', ...place });
  }

  /** A request as JSON-RPC, with an id of its own unless `id` gives one. */
  message(method: string, params: Params = {}, id: string | number = (this.lastId += 1)): Params {
    return { jsonrpc: '2.0', id, method, params };
  }
}
