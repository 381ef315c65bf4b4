import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { LocalError, seededRng } from '@mcp-cluster/kernel';
import { CACHE_META_KEY, ClusterKey, SplicePass, type Splice } from '@mcp-cluster/protocol';
import { createLogger, Registry } from '@mcp-cluster/telemetry';
import { VirtualClock } from '@mcp-cluster/testkit';
import type { Dispatcher } from 'undici';
import type { DoorRelays } from '../src/front-door/door-relays.js';
import { openDoor } from '../src/front-door/open-door.js';
import type { ClusterNode } from '../src/membership/cluster-node.js';
import { Membership } from '../src/membership/membership.js';
import { Relay } from '../src/relay/relay.js';
import type { Routing } from '../src/relay/router.js';
import type { Link } from '../src/upstream/upstream.js';
import type { FakeTool } from './fake-node.js';

const KEY = 'relay-fixture-key-0123456789abcdef-0123456789';
export const READ_ONLY: FakeTool = { name: 'read', annotations: { readOnlyHint: true } };
export const WRITING: FakeTool = { name: 'write' };
export const CACHED: FakeTool = {
  name: 'cached',
  annotations: { readOnlyHint: true },
  _meta: { [CACHE_META_KEY]: { ttlMs: 60_000, scope: 'public' } },
};
/** The same, and each principal has results of his own. */
export const OWN_CACHED: FakeTool = {
  ...CACHED,
  name: 'own',
  _meta: { [CACHE_META_KEY]: { ttlMs: 60_000, scope: 'private' } },
};

/** One request at a node, answered step by step. */
export class Exchange {
  readonly headers: Readonly<Record<string, string>>;
  aborted = false;
  paused = false;
  private readonly controller: Dispatcher.DispatchController;

  constructor(
    readonly node: string,
    readonly method: string,
    headers: readonly string[],
    private readonly handler: Dispatcher.DispatchHandler,
  ) {
    const pairs: Record<string, string> = {};
    for (let at = 0; at < headers.length; at += 2) pairs[headers[at] ?? ''] = headers[at + 1] ?? '';
    this.headers = pairs;
    const controller = {
      abort: (reason: Error) => {
        this.aborted = true;
        handler.onResponseError?.(this.controller, reason);
      },
      pause: () => (this.paused = true),
      resume: () => (this.paused = false),
    };
    this.controller = controller as unknown as Dispatcher.DispatchController;
  }

  /** The request is written. */
  sent(): this {
    this.handler.onRequestStart?.(this.controller, {});
    return this;
  }

  head(status: number, headers: Record<string, string>): this {
    this.handler.onResponseStart?.(this.controller, status, headers);
    return this;
  }

  /** The head of an event stream, and its first events. */
  events(...texts: string[]): this {
    this.head(200, { 'content-type': 'text/event-stream' });
    return this.data(...texts);
  }

  data(...texts: string[]): this {
    for (const text of texts) this.handler.onResponseData?.(this.controller, Buffer.from(text));
    return this;
  }

  json(value: unknown, status = 200): this {
    const text = JSON.stringify(value);
    this.head(status, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) });
    return this.data(text).end();
  }

  end(): this {
    this.handler.onResponseEnd?.(this.controller, {});
    return this;
  }

  fail(code = 'UND_ERR_SOCKET'): this {
    this.handler.onResponseError?.(this.controller, new LocalError(code, 'the connection broke'));
    return this;
  }
}

/** What the client sees. */
export class FakeClient extends EventEmitter {
  status = 0;
  text = '';
  headers: Record<string, string> = {};
  headersSent = false;
  writableNeedDrain = false;
  writableLength = 0;
  writableEnded = false;
  destroyed = false;
  /** Takes nothing from now on. */
  slow = false;

  writeHead(status: number, headers: readonly string[]): this {
    this.status = status;
    this.headersSent = true;
    for (let at = 0; at < headers.length; at += 2) this.headers[headers[at] ?? ''] = headers[at + 1] ?? '';
    return this;
  }
  flushHeaders(): void {
    // They are with the client already.
  }
  setTimeout(): void {
    // There is no socket.
  }
  override prependOnceListener(): this {
    return this;
  }
  write(data: Buffer | string): boolean {
    this.text += data.toString();
    this.writableNeedDrain = this.slow;
    return !this.slow;
  }
  end(data: Buffer | string = ''): void {
    this.text += data.toString();
    this.writableEnded = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
  /** Reads what waits for it. */
  drain(): void {
    this.slow = this.writableNeedDrain = false;
    this.emit('drain');
  }
  get json(): unknown {
    return JSON.parse(this.text) as unknown;
  }
}

export interface Sent {
  readonly relay: Relay;
  readonly client: FakeClient;
}

export interface FixtureOptions {
  readonly sharedStore?: boolean;
  readonly routing?: Routing;
}

/** Relays between clients and nodes that the test answers for itself, on virtual time. */
export class RelayFixture {
  readonly clock = new VirtualClock();
  readonly registry = new Registry();
  readonly relays: DoorRelays;
  readonly membership: Membership;
  /** Every request that a node got, oldest first, but for the manager's own. */
  readonly exchanges: Exchange[] = [];
  tools: readonly FakeTool[] = [READ_ONLY, WRITING, CACHED, OWN_CACHED];
  private readonly passes = new SplicePass(ClusterKey.from(KEY), seededRng(4));
  private requests = 0;

  private constructor(nodes: readonly string[], options: FixtureOptions) {
    this.membership = new Membership(this.clock, ({ key }) => this.link(key));
    this.relays = openDoor({
      membership: this.membership,
      clusterKey: KEY,
      allowedHosts: [],
      allowedOrigins: [],
      registry: this.registry,
      logger: createLogger({ app: 'manager', nodeId: 'test', level: 'silent' }),
      clock: this.clock,
      rng: seededRng(1),
      ...options,
    }).relays;
    for (const id of nodes) this.join(id);
  }

  /** With the tools known, as they are a moment after a node joined. */
  static async open(nodes: readonly string[], options: FixtureOptions = {}): Promise<RelayFixture> {
    const fixture = new RelayFixture(nodes, options);
    await fixture.clock.advance(0);
    return fixture;
  }

  join(id: string): void {
    this.membership.join({ key: id, id, origin: `http://${id}`, managementOrigin: `http://${id}` });
    this.ready(id);
  }

  ready(id: string): void {
    const status = { id, version: '0', state: 'ready', inFlight: 0, sessions: 0, streams: 0, mcpPort: 1 } as const;
    this.membership.answered(this.node(id), status);
  }

  /** Its checks find it silent. */
  down(id: string): void {
    for (let check = 0; check < 3; check += 1) this.membership.checkFailed(this.node(id));
  }

  node(id: string): ClusterNode {
    const node = this.membership.nodes().find((one) => one.id === id);
    if (node === undefined) throw new LocalError('no_node', `there is no node ${id}`);
    return node;
  }

  /** A call of a tool, by a client of 2026-07-28 unless `headers` say otherwise. */
  call(tool: string, headers: Record<string, string> = {}, meta: object = { progressToken: 1 }): Sent {
    return this.post('tools/call', { name: tool, _meta: meta }, headers);
  }

  post(method: string, params: object = {}, headers: Record<string, string> = {}): Sent {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method, params });
    return this.send('POST', { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...headers }, body);
  }

  send(method: string, headers: Record<string, string>, body?: string): Sent {
    const client = new FakeClient();
    this.requests += 1;
    const relay = new Relay(
      this.relays,
      { method, headers, socket: {} },
      client as unknown as ServerResponse,
      `r${String(this.requests)}`,
      body === undefined ? null : Buffer.from(body),
      this.clock.monotonic(),
    );
    this.relays.began(relay);
    relay.start();
    return { relay, client };
  }

  /** The request that a node got last. */
  get last(): Exchange {
    const last = this.exchanges.at(-1);
    if (last === undefined) throw new LocalError('no_request', 'no node got a request');
    return last;
  }

  /** What the last request says of having been given to a node before. */
  get pass(): Splice | undefined {
    const { headers } = this.last;
    return this.passes.open(headers['x-request-id'] ?? '', headers['x-internal-splice'] ?? '');
  }

  async metric(line: string): Promise<number | undefined> {
    const found = (await this.registry.metrics()).split('\n').find((one) => one.startsWith(`${line} `));
    return found === undefined ? undefined : Number(found.slice(line.length + 1));
  }

  private link(id: string): Link {
    return {
      dispatch: (options, handler) => {
        const body = Buffer.isBuffer(options.body) ? options.body.toString() : '';
        const exchange = new Exchange(id, options.method, options.headers as string[], handler);
        if (body.includes('"mcp-cluster-manager"'))
          exchange.sent().json({ jsonrpc: '2.0', id: 1, result: { tools: this.tools } });
        else this.exchanges.push(exchange);
      },
      sever: () => undefined,
      close: () => undefined,
    };
  }
}
