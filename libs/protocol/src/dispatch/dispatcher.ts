import type { Implementation, ServerCapabilities } from '@modelcontextprotocol/server';
import type { Clock, Rng } from '@mcp-cluster/kernel';
import type { ClusterBus } from '../cluster/bus.js';
import { Exchange, type ExchangeServices, type Outcome } from '../exchange/exchange.js';
import type { Principal } from '../exchange/context.js';
import type { Peer } from '../exchange/peer.js';
import type { Reply } from '../exchange/reply.js';
import type { Listing, Registry } from '../registry/registry.js';
import { RequestStates } from '../session/request-state.js';
import type { ClusterKey } from '../session/seal.js';
import { SessionDirectory, type SessionLimits } from '../session/session-directory.js';
import { SessionSeal } from '../session/session-seal.js';
import type { Session } from '../session/session.js';
import { invalidParams, methodNotFound, preview } from '../wire/errors.js';
import type { NotificationMessage, RequestId, RequestMessage, ResponseMessage } from '../wire/message.js';
import { SERVER_INFO_META_KEY } from '../wire/meta.js';
import { STATELESS_REVISIONS, type Era } from '../wire/revision.js';
import { initialize, setLevel } from './initialize.method.js';
import { complete, getPrompt } from './prompts.method.js';
import { changeSubscription, readResource } from './resources.method.js';
import { Subscriptions } from './subscriptions.js';
import { callTool } from './tools.method.js';

export interface DispatcherOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly key: ClusterKey;
  readonly bus: ClusterBus;
  readonly nodeId: string;
  readonly server: Implementation;
  /** For a model: how to use this server. */
  readonly instructions?: string;
  readonly sessionLimits?: SessionLimits;
  /** Told once of each request's end. It must not throw. */
  readonly observe?: (exchange: Exchange, outcome: Outcome, thrown?: unknown) => void;
}

type Method = (exchange: Exchange) => void | Promise<void>;

/** Lists and `server/discover` may be kept for 5 min by anybody: they are the same for all, and changes are announced. */
const LIST_CACHE = '"ttlMs":300000,"cacheScope":"public"';

const CAPABILITIES: ServerCapabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  logging: {},
  completions: {},
};

/**
 * Answers every message of both eras. One a process; it knows no HTTP. What depends only on what is
 * registered was compiled when it was registered.
 */
export class Dispatcher {
  readonly registry: Registry;
  readonly sessions: SessionDirectory;
  private readonly subscriptions: Subscriptions;
  private readonly services: ExchangeServices;
  private readonly methods: Record<Era, ReadonlyMap<string, Method>>;
  private readonly open = new Set<Exchange>();
  private asks = 0;

  constructor(private readonly options: DispatcherOptions) {
    const { registry, clock, rng, key, bus, nodeId, server, sessionLimits } = options;
    this.registry = registry;
    this.sessions = new SessionDirectory(new SessionSeal(key, clock, rng), clock, bus, nodeId, sessionLimits);
    this.subscriptions = new Subscriptions(bus, this.sessions);
    const serverMeta = { [SERVER_INFO_META_KEY]: server };
    this.services = {
      clock,
      bus,
      states: new RequestStates(key, clock, rng),
      nextAskId: () => `${nodeId}.${String((this.asks += 1))}`,
      serverMeta,
      statelessMembers: `"resultType":"complete","_meta":${JSON.stringify(serverMeta)}`,
      ended: (exchange, outcome, thrown) => {
        this.open.delete(exchange);
        exchange.peer.session?.ended(exchange.request.id, exchange, clock.monotonic());
        options.observe?.(exchange, outcome, thrown);
      },
    };
    this.methods = { stateless: this.statelessMethods(), session: this.sessionMethods() };
  }

  /** Requests being answered now, listen streams not counted. */
  get inFlight(): number {
    return this.open.size - this.subscriptions.size;
  }

  get listeners(): number {
    return this.subscriptions.size;
  }

  /** Answers a request of either era. The exchange it returns may have ended already. */
  request(message: RequestMessage, peer: Peer, reply: Reply, requestId: string): Exchange {
    const exchange = new Exchange(this.services, message, peer, reply, requestId);
    try {
      const method = this.methods[peer.era].get(message.method);
      if (method === undefined) throw methodNotFound(message.method);
      peer.session?.begin(message.id, exchange);
      this.open.add(exchange);
      const running = method(exchange);
      if (running !== undefined)
        running.catch((thrown: unknown) => {
          exchange.fail(thrown);
        });
    } catch (thrown) {
      exchange.fail(thrown);
    }
    return exchange;
  }

  /**
   * Answers `initialize`.
   * @param established told the new session before the answer is sent, so that a transport can name it there
   */
  initialize(
    message: RequestMessage,
    principal: Principal,
    reply: Reply,
    requestId: string,
    established: (session: Session) => void,
  ): Exchange {
    const nobody: Peer = {
      revision: '2025-11-25',
      era: 'session',
      principal,
      info: undefined,
      capabilities: {},
      logLevel: undefined,
      session: undefined,
    };
    const exchange = new Exchange(this.services, message, nobody, reply, requestId);
    this.open.add(exchange);
    try {
      const session = initialize(this.sessions, message.params, principal);
      established(session);
      const { server: serverInfo, instructions } = this.options;
      exchange.complete({ protocolVersion: session.revision, capabilities: CAPABILITIES, serverInfo, instructions });
    } catch (thrown) {
      exchange.fail(thrown);
    }
    return exchange;
  }

  /** Takes a notification. Unknown ones are ignored, as JSON-RPC wants it. */
  notification(message: NotificationMessage, session: Session | undefined): void {
    if (message.method !== 'notifications/cancelled' || session === undefined) return;
    const { requestId, reason } = message.params;
    if (typeof requestId !== 'string' && typeof requestId !== 'number') return;
    this.cancel(session, requestId, typeof reason === 'string' ? reason.slice(0, 200) : 'no reason given');
  }

  /** Takes a client's answer to a request of ours; false when nobody waits for it here. */
  response(message: ResponseMessage, session: Session): boolean {
    return session.answer(message);
  }

  /** Ends listen streams in good order, so that their clients listen elsewhere. */
  closeListeners(): void {
    this.subscriptions.closeAll();
  }

  private cancel(session: Session, request: RequestId, reason: string): void {
    const exchange = session.exchanges.get(request);
    if (exchange !== undefined) exchange.cancel(reason);
    // A client's message may reach another node than its call did.
    else this.options.bus.publish({ type: 'cancelled', session: session.id, request, reason });
  }

  private statelessMethods(): Map<string, Method> {
    return new Map<string, Method>([
      ['tools/call', (exchange) => callTool(this.registry, exchange)],
      [
        'server/discover',
        (exchange) => {
          this.discover(exchange);
        },
      ],
      ...this.listMethods(`,${LIST_CACHE}`),
      ...this.sharedMethods(),
      [
        'subscriptions/listen',
        (exchange) => {
          this.subscriptions.listen(exchange);
        },
      ],
    ]);
  }

  private sessionMethods(): Map<string, Method> {
    return new Map<string, Method>([
      ['tools/call', (exchange) => callTool(this.registry, exchange)],
      [
        'ping',
        (exchange) => {
          exchange.completeMembers('');
        },
      ],
      ...this.listMethods(''),
      ...this.sharedMethods(),
      [
        'resources/subscribe',
        (exchange) => {
          changeSubscription(this.registry, exchange, true);
        },
      ],
      [
        'resources/unsubscribe',
        (exchange) => {
          changeSubscription(this.registry, exchange, false);
        },
      ],
      [
        'logging/setLevel',
        (exchange) => {
          setLevel(exchange);
        },
      ],
    ]);
  }

  private sharedMethods(): [string, Method][] {
    return [
      ['resources/read', (exchange) => readResource(this.registry, exchange)],
      ['prompts/get', (exchange) => getPrompt(this.registry, exchange)],
      ['completion/complete', (exchange) => complete(this.registry, exchange)],
    ];
  }

  private listMethods(extra: string): [string, Method][] {
    const list =
      (listing: Listing): Method =>
      (exchange) => {
        const { cursor } = exchange.request.params;
        if (cursor !== undefined) throw invalidParams(`cursor: not one that this server gave: ${preview(cursor)}`);
        exchange.completeMembers(this.registry.listing(listing) + extra);
      };
    return [
      ['tools/list', list('tools')],
      ['prompts/list', list('prompts')],
      ['resources/list', list('resources')],
      ['resources/templates/list', list('resourceTemplates')],
    ];
  }

  private discover(exchange: Exchange): void {
    const { instructions } = this.options;
    const body = { supportedVersions: STATELESS_REVISIONS, capabilities: CAPABILITIES, instructions };
    exchange.completeMembers(`${JSON.stringify(body).slice(1, -1)},${LIST_CACHE}`);
  }
}
