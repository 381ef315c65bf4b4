import { Background, seededRng } from '@mcp-cluster/kernel';
import {
  ANONYMOUS,
  ClusterKey,
  Dispatcher,
  LocalBus,
  Registry,
  statelessPeer,
  type ClusterBus,
  type Envelope,
  type Exchange,
  type Ledger,
  type MarkStore,
  type Outcome,
  type Params,
  type Principal,
  type RequestId,
  type ResultCache,
  type Revision,
  type Session,
  type SessionLimits,
  type SessionStore,
  type Splice,
  type TaskEnd,
  type TaskLimits,
  type TaskStore,
} from '@mcp-cluster/protocol';
import { VirtualClock } from '../virtual-clock.js';
import { RecordingReply } from './recording-reply.js';

export interface TestNodeOptions {
  readonly nodeId?: string;
  readonly clock?: VirtualClock;
  readonly bus?: ClusterBus;
  readonly key?: ClusterKey;
  readonly sessionLimits?: SessionLimits;
  readonly sessionStore?: SessionStore;
  readonly ledger?: Ledger;
  readonly marks?: MarkStore;
  readonly taskLimits?: TaskLimits;
  readonly taskStore?: TaskStore;
  readonly cache?: ResultCache;
  /** Seed of its randomness: two nodes of one test need two. */
  readonly seed?: number;
}

export interface StatelessOptions {
  readonly id?: RequestId;
  readonly principal?: Principal;
  readonly streams?: boolean;
  readonly capabilities?: Envelope['capabilities'];
  readonly logLevel?: Envelope['logLevel'];
  /** The id of the request in the cluster. */
  readonly requestId?: string;
  /** A manager says that the request comes for the second time, and what the client has seen. */
  readonly splice?: Splice;
}

/** A request under way and what it was answered. */
export interface Sent {
  readonly exchange: Exchange;
  readonly reply: RecordingReply;
}

/** A node's dispatcher without a transport, on virtual time. */
export class TestNode {
  readonly registry = new Registry();
  readonly clock: VirtualClock;
  readonly bus: ClusterBus;
  readonly dispatcher: Dispatcher;
  /** How each request ended, oldest first. */
  readonly ended: { readonly method: string; readonly outcome: Outcome; readonly thrown: unknown }[] = [];
  /** How each task ended, oldest first. */
  readonly endedTasks: TaskEnd[] = [];
  /** What went wrong in the background; a test that expects nothing checks that it is empty. */
  readonly failures: Error[] = [];
  readonly background = new Background((_name, error) => {
    this.failures.push(error);
  });
  private lastId = 0;

  constructor(options: TestNodeOptions = {}) {
    this.clock = options.clock ?? new VirtualClock();
    this.bus = options.bus ?? new LocalBus();
    this.dispatcher = new Dispatcher({
      registry: this.registry,
      clock: this.clock,
      rng: seededRng(options.seed ?? 1),
      key: options.key ?? ClusterKey.from('the key of all nodes of one test cluster'),
      bus: this.bus,
      nodeId: options.nodeId ?? 'node-1',
      server: { name: 'test', version: '1.2.3' },
      instructions: 'For tests.',
      background: this.background,
      ...(options.taskLimits && { taskLimits: options.taskLimits }),
      ...(options.taskStore && { taskStore: options.taskStore }),
      ...(options.ledger && { ledger: options.ledger }),
      ...(options.marks && { marks: options.marks }),
      ...(options.cache && { cache: options.cache }),
      observeTask: (end) => {
        this.endedTasks.push(end);
      },
      ...(options.sessionLimits && { sessionLimits: options.sessionLimits }),
      ...(options.sessionStore && { sessionStore: options.sessionStore }),
      observe: (exchange, outcome, thrown) => {
        this.ended.push({ method: exchange.request.method, outcome, thrown });
      },
    });
  }

  /** A request of 2026-07-28. */
  stateless(method: string, params: Params = {}, options: StatelessOptions = {}): Sent {
    const { principal = ANONYMOUS, capabilities = {}, logLevel } = options;
    const peer = statelessPeer({ revision: '2026-07-28', capabilities, info: undefined, logLevel }, principal);
    const reply = new RecordingReply(options.streams, options.splice);
    const message = { kind: 'request', id: options.id ?? (this.lastId += 1), method, params } as const;
    return { exchange: this.dispatcher.request(message, peer, reply, options.requestId ?? 'request-1'), reply };
  }

  /** A request of a session. */
  inSession(session: Session, method: string, params: Params = {}, { id, streams }: StatelessOptions = {}): Sent {
    const reply = new RecordingReply(streams);
    const message = { kind: 'request', id: id ?? (this.lastId += 1), method, params } as const;
    return { exchange: this.dispatcher.request(message, session, reply, 'request-1'), reply };
  }

  /** A session as `initialize` makes it. */
  session(
    revision: Revision = '2025-11-25',
    capabilities: Envelope['capabilities'] = {},
    principal = ANONYMOUS,
  ): Session {
    return this.dispatcher.sessions.create(revision, capabilities, { name: 'client', version: '1' }, principal);
  }
}
