import type { Environment, ManagerConfig } from '@mcp-cluster/config';
import { Background, systemClock, systemRng } from '@mcp-cluster/kernel';
import { createLogger, ManagementServer, processFamilies, Registry } from '@mcp-cluster/telemetry';
import { HostGuard } from '@mcp-cluster/transports';
import { openAdmin } from './admin/admin-server.js';
import { clusterSecret } from './cluster-key.js';
import { openDoor } from './front-door/open-door.js';
import { drain } from './lifecycle/drain.js';
import { Readiness } from './lifecycle/readiness.js';
import { HealthChecker } from './membership/health-checker.js';
import { Membership } from './membership/membership.js';
import { membershipMetrics } from './membership/membership.metrics.js';
import { HttpStatusProbe } from './membership/status-probe.js';
import { openDiscovery } from './open-discovery.js';
import { Supervisor } from './supervisor/supervisor.js';
import { Upstream } from './upstream/upstream.js';
import { VERSION } from './version.js';

/** A manager that runs. */
export interface RunningManager {
  /** Ports that were taken; they differ from the configured ones where those were 0. */
  readonly ports: { readonly mcp: number; readonly admin: number; readonly management: number };
  /** Resolves when the nodes that it waits for take calls. */
  readonly ready: Promise<void>;
  /** Drains and stops everything. */
  stop(): Promise<void>;
  /** Ends node processes at once; for an exit without a drain. */
  kill(): void;
}

/** Puts the manager together and starts it. Rejects when a port cannot be had; nothing then runs on. */
export async function startManager(config: ManagerConfig, env: Environment): Promise<RunningManager> {
  const clock = systemClock;
  const rng = systemRng;
  const logger = createLogger({ app: 'manager', nodeId: config.cluster.nodeId, level: config.log.level });
  const background = new Background((work, error) => {
    logger.error({ work, err: error }, 'background work failed');
  });
  const registry = new Registry();
  processFamilies(registry);

  const membership = new Membership(clock, (address) => new Upstream(address.origin));
  membershipMetrics(registry, membership);
  membership.onChange((node, from, to) => {
    logger.info({ member: node.id, url: node.url, from, to }, 'node changed its state');
  });
  const prober = new HttpStatusProbe();
  const checker = new HealthChecker(membership, prober.probe, clock, background);

  const clusterKey = clusterSecret(config.cluster.key, rng);
  const { allowedHosts, allowedOrigins } = config.mcp;
  const { door, relays } = openDoor({
    membership,
    clusterKey,
    allowedHosts,
    allowedOrigins,
    registry,
    logger,
    clock,
    rng,
  });
  const readiness = new Readiness(membership, config.nodes.discovery === 'processes' ? config.nodes.count : 1);
  const management = new ManagementServer({
    ...config.management,
    registry,
    status: () => ({
      ready: readiness.ready,
      body: { id: config.cluster.nodeId, version: VERSION, state: readiness.state, inFlight: relays.inFlight },
    }),
    logger,
  });
  const onListening = (): void => {
    checker.checkAll();
  };
  const discovery = openDiscovery({ config, env, clusterKey, membership, onListening, clock, rng, background, logger });
  if (config.redisUrl !== undefined)
    logger.warn('--redis is accepted, but state in Redis is not built yet: state stays in the processes');

  const { port: managementPort } = await management.listen();
  const mcp = await door.listen(config.mcp.port, config.mcp.host);
  const admin = await openAdmin(membership, config.admin, new HostGuard({ allowedHosts, allowedOrigins }));
  discovery.start();
  checker.start();

  const stop = (): Promise<void> =>
    drain(
      {
        unready: () => {
          readiness.drain();
          door.sendAway();
        },
        stopAccepting: () => {
          door.stopAccepting();
        },
        endStreams: () => {
          relays.endStreams();
        },
        whenIdle: () => relays.whenIdle(),
        cut: () => {
          relays.giveUp();
          door.cut();
        },
        stopRest: async () => {
          await discovery.stop();
          checker.stop();
          prober.close();
          for (const node of membership.nodes()) membership.leave(node.address.key);
          await admin.app.close();
          await management.close();
          await background.drain();
        },
      },
      config.drain,
      clock,
    );
  const kill = (): void => {
    if (discovery instanceof Supervisor) discovery.kill();
  };
  return { ports: { mcp, admin: admin.port, management: managementPort }, ready: readiness.reached, stop, kill };
}
