import type { Implementation, ServerCapabilities } from '@modelcontextprotocol/server';
import type { Background, Clock, Rng } from '@mcp-cluster/kernel';
import { KeptResults } from '../cache/kept-results.js';
import type { ResultCache } from '../cache/result-cache.js';
import type { Announcer, ClusterBus } from '../cluster/bus.js';
import type { EndedExchange, ExchangeServices, Outcome } from '../exchange/exchange-services.js';
import { Exchange } from '../exchange/exchange.js';
import type { Principal } from '../exchange/context.js';
import { KeyedCalls } from '../execution/keyed-calls.js';
import type { Ledger } from '../execution/ledger.js';
import { MemoryLedger } from '../execution/memory-ledger.js';
import type { MarkStore } from '../session/mark-store.js';
import type { Peer } from '../exchange/peer.js';
import type { Reply } from '../exchange/reply.js';
import type { Registry } from '../registry/registry.js';
import { RequestStates } from '../session/request-state.js';
import type { ClusterKey } from '../session/seal.js';
import { SessionDirectory, type SessionLimits } from '../session/session-directory.js';
import { sessionMark, SessionSeal } from '../session/session-seal.js';
import type { SessionStore } from '../session/session-store.js';
import type { Session } from '../session/session.js';
import { methodNotFound } from '../wire/errors.js';
import type { NotificationMessage, RequestId, RequestMessage, ResponseMessage } from '../wire/message.js';
import { SERVER_INFO_META_KEY } from '../wire/meta.js';
import type { Era } from '../wire/revision.js';
import { initialize } from './initialize.method.js';
import { Jobs } from './jobs.js';
import { answer, sessionMethods, statelessMethods, type MethodTable } from './methods.js';
import { Subscriptions } from './subscriptions.js';
import type { TaskEnd } from '../tasks/running-task.js';
import { TASKS_CAPABILITY } from '../tasks/task.js';
import { MemoryTaskStore, type TaskStore } from '../tasks/task-store.js';
import type { TaskLimits } from '../tasks/task-limits.js';
import { Tasks } from '../tasks/tasks.js';

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
  /** What all nodes know of sessions; default: each its own. */
  readonly sessionStore?: SessionStore;
  /** Which calls with an idempotency key have run; default: what this process knows. */
  readonly ledger?: Ledger;
  /** Which request states were used; default: what this process knows. */
  readonly marks?: MarkStore;
  /** Where tasks are kept; default: this process. */
  readonly taskStore?: TaskStore;
  readonly taskLimits?: TaskLimits;
  /** What is kept of results; default: nothing. */
  readonly cache?: ResultCache | undefined;
  /** Runs what nobody waits for. */
  readonly background: Background;
  /** Told once of each task's end. It must not throw. */
  readonly observeTask?: (end: TaskEnd) => void;
  /** Told once of each request's end. It must not throw. */
  readonly observe?: (exchange: EndedExchange, outcome: Outcome, thrown?: unknown) => void;
}

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
  readonly tasks: Tasks;
  readonly jobs: Jobs;
  private readonly subscriptions: Subscriptions;
  private readonly services: ExchangeServices;
  private readonly methods: Record<Era, MethodTable>;
  private readonly open = new Set<EndedExchange>();
  private asks = 0;
  /** Another one in each life of a node: an answer to a question of an earlier life must not answer one of this. */
  private readonly askPrefix: string;

  constructor(private readonly options: DispatcherOptions) {
    const { registry, clock, rng, key, bus, nodeId, server } = options;
    this.registry = registry;
    this.askPrefix = `${nodeId}.${rng.bytes(6).toString('base64url')}.`;
    this.sessions = new SessionDirectory({
      seal: new SessionSeal(key, clock, rng),
      clock,
      bus,
      nodeId,
      background: options.background,
      limits: options.sessionLimits,
      store: options.sessionStore,
    });
    this.tasks = new Tasks({
      clock,
      rng,
      key,
      bus,
      nodeId,
      store: options.taskStore ?? new MemoryTaskStore(),
      background: options.background,
      ...(options.taskLimits && { limits: options.taskLimits }),
      ...(options.observeTask && { ended: options.observeTask }),
    });
    const cache = options.cache && new KeptResults(options.cache, options.background);
    this.subscriptions = new Subscriptions(bus, this.sessions, this.tasks, cache);
    const serverMeta = { [SERVER_INFO_META_KEY]: server };
    this.services = {
      clock,
      bus,
      states: new RequestStates(
        key,
        clock,
        rng,
        options.marks && { store: options.marks, background: options.background },
      ),
      tasks: this.tasks,
      cache,
      keyed: new KeyedCalls({
        ledger: options.ledger ?? new MemoryLedger(clock),
        clock,
        rng,
        background: options.background,
      }),
      nextAskId: () => `${this.askPrefix}${String((this.asks += 1))}`,
      serverMeta,
      statelessMembers: `"resultType":"complete","_meta":${JSON.stringify(serverMeta)}`,
      ended: (exchange, outcome, thrown) => {
        this.open.delete(exchange);
        exchange.peer.session?.ended(exchange.request.id, exchange, clock.monotonic());
        options.observe?.(exchange, outcome, thrown);
      },
    };
    this.jobs = new Jobs(registry, this.services, this.tasks);
    const parts = { registry, subscriptions: this.subscriptions, tasks: this.tasks };
    const discovery = { capabilities: { ...CAPABILITIES, ...TASKS_CAPABILITY }, instructions: options.instructions };
    this.methods = { stateless: statelessMethods(parts, discovery), session: sessionMethods(parts) };
  }

  /** Tells this node's subscribers of a change that every node sees by itself. */
  get announcer(): Announcer {
    return this.subscriptions;
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
      answer(method, exchange);
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

  /** Takes a client's answer to a request of ours, on whichever node somebody waits for it. */
  response(message: ResponseMessage, session: Session): void {
    this.sessions.answered(session, message);
  }

  /** Ends listen streams in good order, so that their clients listen elsewhere. */
  closeListeners(): void {
    this.subscriptions.closeAll();
  }

  private cancel(session: Session, request: RequestId, reason: string): void {
    const exchange = session.exchanges.get(request);
    if (exchange !== undefined) exchange.cancel(reason);
    // A client's message may reach another node than its call did.
    else this.options.bus.publish({ type: 'cancelled', session: sessionMark(session.id), request, reason });
  }
}
