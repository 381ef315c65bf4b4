import type { Environment, ManagerConfig } from '@mcp-cluster/config';
import { Background, systemClock, systemRng } from '@mcp-cluster/kernel';
import { createLogger, ManagementServer, processFamilies, Registry } from '@mcp-cluster/telemetry';
import { HostGuard } from '@mcp-cluster/transports';
import { openAdmin } from './admin/admin-server.js';
import { openOperations } from './admin/open-operations.js';
import { clusterSecret } from './cluster-key.js';
import { Roster } from './discovery/roster.js';
import { openDoor } from './front-door/open-door.js';
import { drain } from './lifecycle/drain.js';
import { Readiness } from './lifecycle/readiness.js';
import { chooseStore } from './local-redis/choose-store.js';
import { HealthChecker } from './membership/health-checker.js';
import { Membership } from './membership/membership.js';
import { membershipMetrics } from './membership/membership.metrics.js';
import { HttpStatusProbe } from './membership/status-probe.js';
import { openDiscovery } from './open-discovery.js';
import { openScaling } from './scaling/open-scaling.js';
import { openSharedStore } from './shared-store/open-shared-store.js';
import { Upstream } from './upstream/upstream.js';
import { VERSION } from './version.js';

/** A manager that runs. */
export interface RunningManager {
  /** Ports that were taken; they differ from the configured ones where those were 0. */
  readonly ports: { readonly mcp: number; readonly admin: number; readonly management: number };
  /** Where the state is that the nodes share, for people: without a password. */
  readonly redis: string;
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

  const chosen = await chooseStore(config, env, { clock, rng, log: logger });
  const shared = openSharedStore({ url: chosen.url, config, clock, rng, background, registry, logger });

  const membership = new Membership(clock, (address) => new Upstream(address.origin));
  membershipMetrics(registry, membership);
  membership.onChange((node, from, to) => {
    logger.info({ member: node.id, url: node.url, from, to }, 'node changed its state');
  });
  const prober = new HttpStatusProbe();
  const checker = new HealthChecker(membership, prober.probe, clock, background);
  const checkNow = (): void => {
    checker.checkAll();
  };

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
    background,
    sharedStore: chosen.url !== undefined,
    routing: config.routing,
  });
  const readiness = new Readiness(membership, config.nodes.discovery === 'processes' ? config.nodes.count : 1);
  const management = new ManagementServer({
    ...config.management,
    registry,
    status: () => ({
      ready: readiness.ready,
      body: {
        id: config.cluster.nodeId,
        version: VERSION,
        state: readiness.state,
        inFlight: relays.inFlight,
        store: shared.status,
      },
    }),
    logger,
  });
  const roster = new Roster(membership);
  const source = openDiscovery({
    config,
    env,
    clusterKey,
    redisUrl: chosen.url,
    directory: shared.directory,
    membership,
    roster,
    onListening: checkNow,
    clock,
    rng,
    background,
    logger,
  });
  const { leadership, register } = shared;
  const scaling = openScaling({
    config: config.scaling,
    members: membership,
    fleet: source.own?.fleet,
    register,
    leadership,
    clock,
    background,
    registry,
    log: logger,
  });
  const operations = openOperations({
    source,
    membership,
    roster,
    onAdded: checkNow,
    scaling: config.scaling,
    clock,
    background,
    log: logger,
  });

  const { port: managementPort } = await management.listen();
  const mcp = await door.listen(config.mcp.port, config.mcp.host);
  const { decisions } = scaling;
  const admin = await openAdmin(
    { membership, operations, decisions, leadership, managementPort: config.nodes.managementPort },
    config.admin,
    new HostGuard({ allowedHosts, allowedOrigins }),
  );
  source.discovery.start();
  checker.start();
  leadership.start();
  scaling.start();

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
        stopRest: async (leftMs) => {
          scaling.stop();
          operations.operations.stop();
          await source.discovery.stop(leftMs);
          checker.stop();
          prober.close();
          for (const node of membership.nodes()) membership.leave(node.address.key);
          await admin.app.close();
          await management.close();
          await background.drain();
          // Last: until they have gone, the nodes use it.
          await shared.close();
          await chosen.stop();
        },
      },
      config.drain,
      clock,
    );
  const kill = (): void => {
    source.own?.supervisor.kill();
  };
  const ports = { mcp, admin: admin.port, management: managementPort };
  return { ports, redis: chosen.told, ready: readiness.reached, stop, kill };
}
