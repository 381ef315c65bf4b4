import type { NodeConfig } from '@mcp-cluster/config';
import { armFailpoints, Background, systemClock, systemRng, type Clock } from '@mcp-cluster/kernel';
import {
  ClusterKey,
  Dispatcher,
  LocalBus,
  Registry,
  type ClusterBus,
  type EndedExchange,
  type Outcome,
  type TaskEnd,
} from '@mcp-cluster/protocol';
import {
  createLogger,
  ProcessLoadMeter,
  Registry as MetricRegistry,
  type Logger,
  type ProcessLoad,
} from '@mcp-cluster/telemetry';
import { NodeCache } from './cache/node-cache.js';
import { IpcBus } from './ipc-bus.js';
import { NodeLoad } from './node-load.js';
import { NodeMetrics } from './node.metrics.js';
import { SharedState } from './shared-state.js';
import { TaskMetrics } from './task.metrics.js';
import { VERSION } from './version.js';

/** What a node is made of, whichever way it serves. */
export class NodeParts {
  readonly registry = new Registry();
  readonly logger: Logger;
  readonly background: Background;
  readonly metricRegistry: MetricRegistry;
  readonly key: ClusterKey;
  /** What it shares with other nodes; undefined without Redis. */
  readonly shared: SharedState | undefined;
  /** What it keeps of results; undefined where that is turned off. */
  readonly cache: NodeCache | undefined;
  /** Wall time is the cluster's where there is a store. */
  readonly clock: Clock;
  readonly load: NodeLoad;
  readonly dispatcher: Dispatcher;
  private counted: NodeMetrics | undefined;
  private countedTasks: TaskMetrics | undefined;

  private constructor(
    private readonly config: NodeConfig,
    ground: NodeGround,
    cache: NodeCache | undefined,
  ) {
    const { nodeId, key } = config.cluster;
    this.logger = ground.logger;
    this.background = ground.background;
    this.metricRegistry = ground.registry;
    this.shared = ground.shared;
    this.clock = ground.clock;
    this.cache = cache;
    this.key = key === undefined ? ClusterKey.random(systemRng) : ClusterKey.from(key);
    // A node begins each call at once: what waits, waits at the managers, which count it themselves.
    this.load = new NodeLoad({ clock: systemClock, process: ground.load, queue: () => 0 });
    this.dispatcher = new Dispatcher({
      registry: this.registry,
      clock: this.clock,
      rng: systemRng,
      key: this.key,
      bus: ground.bus,
      nodeId,
      sessionLimits: config.sessions,
      ...this.shared?.stores,
      cache: cache?.results,
      background: this.background,
      observeTask: (end) => {
        this.observeTask(end);
      },
      server: { name: 'mcp-cluster', version: VERSION },
      observe: (exchange, outcome, thrown) => {
        this.observe(exchange, outcome, thrown);
      },
    });
  }

  /** Resolves when the cache's disk is known to work or not; nothing else is waited for. */
  static async open(config: NodeConfig): Promise<NodeParts> {
    armFailpoints(config.node.failpoints, () => process.kill(process.pid, 'SIGKILL'));
    const ground = layGround(config);
    return new NodeParts(config, ground, await NodeCache.open({ ...ground, config, rng: systemRng }));
  }

  /** @throws Error before `startMetrics` */
  readonly metrics = (): NodeMetrics => {
    if (this.counted === undefined) throw new Error('metrics were not started');
    return this.counted;
  };

  /** Starts counting. After the tools are registered, because their names are a closed set of labels. */
  startMetrics(transport: 'tcp' | 'pipe', streams: () => number): void {
    const { dispatcher, metricRegistry: registry } = this;
    this.countedTasks = new TaskMetrics(registry, () => dispatcher.tasks.size);
    this.counted = new NodeMetrics({
      registry,
      clock: systemClock,
      nodeId: this.config.cluster.nodeId,
      transport,
      tools: this.registry.toolNames,
      gauges: { inFlight: () => dispatcher.inFlight, sessions: () => dispatcher.sessions.size, streams },
    });
  }

  private observeTask({ tool, status, durationMs, thrown }: TaskEnd): void {
    this.countedTasks?.ended(status, durationMs);
    if (thrown !== undefined) this.logger.error({ tool, status, durationMs, err: thrown }, 'task failed');
    else this.logger.debug({ tool, status, durationMs }, 'task');
  }

  private observe(exchange: EndedExchange, outcome: Outcome, thrown: unknown): void {
    this.counted?.observe(exchange, outcome);
    this.load.observe(exchange);
    const { logger } = this;
    if (thrown !== undefined) logger.error({ ...describe(exchange, outcome), err: thrown }, 'request failed');
    else if (logger.isLevelEnabled('debug')) logger.debug(describe(exchange, outcome), 'request');
  }
}

/** What the other parts stand on. */
interface NodeGround {
  readonly logger: Logger;
  readonly background: Background;
  readonly registry: MetricRegistry;
  readonly shared: SharedState | undefined;
  readonly bus: ClusterBus;
  readonly clock: Clock;
  readonly load: () => ProcessLoad;
}

function layGround(config: NodeConfig): NodeGround {
  const logger = createLogger({ app: 'node', nodeId: config.cluster.nodeId, level: config.log.level });
  const background = new Background((name, error) => {
    logger.error({ err: error, work: name }, 'background work failed');
  });
  const registry = new MetricRegistry();
  const shared = SharedState.open({ config, clock: systemClock, rng: systemRng, background, logger, registry });
  const bus = shared?.bus ?? (process.send === undefined ? new LocalBus() : new IpcBus(process));
  const meter = new ProcessLoadMeter(systemClock);
  const load = () => meter.read();
  return { logger, background, registry, shared, bus, clock: shared?.clock ?? systemClock, load };
}

/** No arguments and no results: they are the users' (P2). */
function describe(exchange: EndedExchange, outcome: Outcome): object {
  return {
    requestId: exchange.requestId,
    method: exchange.request.method,
    target: exchange.target,
    revision: exchange.revision,
    outcome,
    durationMs: systemClock.monotonic() - exchange.startedAt,
  };
}
