import type { NodeConfig } from '@mcp-cluster/config';
import { armFailpoints, Background, systemClock, systemRng, type Clock } from '@mcp-cluster/kernel';
import {
  ClusterKey,
  Dispatcher,
  LocalBus,
  Registry,
  type EndedExchange,
  type Outcome,
  type TaskEnd,
} from '@mcp-cluster/protocol';
import { createLogger, ProcessLoadMeter, Registry as MetricRegistry, type Logger } from '@mcp-cluster/telemetry';
import { IpcBus } from './ipc-bus.js';
import { NodeLoad } from './node-load.js';
import { NodeMetrics } from './node.metrics.js';
import { SharedState } from './shared-state.js';
import { TaskMetrics } from './task.metrics.js';
import { VERSION } from './version.js';

/** What a node is made of, whichever way it serves. */
export class NodeParts {
  readonly logger: Logger;
  readonly background: Background;
  readonly registry = new Registry();
  readonly metricRegistry = new MetricRegistry();
  readonly key: ClusterKey;
  /** What it shares with other nodes; undefined without Redis. */
  readonly shared: SharedState | undefined;
  /** Wall time is the cluster's where there is a store. */
  readonly clock: Clock;
  readonly load: NodeLoad;
  readonly dispatcher: Dispatcher;
  private counted: NodeMetrics | undefined;
  private countedTasks: TaskMetrics | undefined;

  constructor(private readonly config: NodeConfig) {
    const { nodeId, key } = config.cluster;
    this.logger = createLogger({ app: 'node', nodeId, level: config.log.level });
    this.background = new Background((name, error) => {
      this.logger.error({ err: error, work: name }, 'background work failed');
    });
    armFailpoints(config.node.failpoints, () => process.kill(process.pid, 'SIGKILL'));
    this.key = key === undefined ? ClusterKey.random(systemRng) : ClusterKey.from(key);
    const { background, logger } = this;
    const parts = { config, clock: systemClock, rng: systemRng, background, logger, registry: this.metricRegistry };
    this.shared = SharedState.open(parts);
    this.clock = this.shared?.clock ?? systemClock;
    const meter = new ProcessLoadMeter(systemClock);
    // A node begins each call at once: what waits, waits at the managers, which count it themselves.
    this.load = new NodeLoad({ clock: systemClock, process: () => meter.read(), queue: () => 0 });
    this.dispatcher = new Dispatcher({
      registry: this.registry,
      clock: this.clock,
      rng: systemRng,
      key: this.key,
      bus: this.shared?.bus ?? (process.send === undefined ? new LocalBus() : new IpcBus(process)),
      nodeId,
      sessionLimits: config.sessions,
      ...this.shared?.stores,
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
