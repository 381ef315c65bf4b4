import { lookup } from 'node:dns/promises';
import { fileURLToPath } from 'node:url';
import type { NodeDirectory } from '@mcp-cluster/cluster';
import { nodeEnvironment, type Environment, type ManagerConfig } from '@mcp-cluster/config';
import { LocalError, type Background, type Clock, type Rng } from '@mcp-cluster/kernel';
import type { Logger } from '@mcp-cluster/telemetry';
import type { Discovery } from './discovery/discovery.js';
import { DnsDiscovery } from './discovery/dns.discovery.js';
import { RedisDiscovery } from './discovery/redis.discovery.js';
import type { Roster } from './discovery/roster.js';
import { StaticDiscovery } from './discovery/static.discovery.js';
import type { Membership } from './membership/membership.js';
import { Fleet } from './supervisor/fleet.js';
import { Supervisor } from './supervisor/supervisor.js';

/** The built node, beside the built manager; from the sources the path is the same. */
const NODE_MAIN = fileURLToPath(new URL('../../node/dist/main.js', import.meta.url));

export interface DiscoveryParts {
  readonly config: ManagerConfig;
  readonly env: Environment;
  readonly clusterKey: string;
  /** Of the store that the nodes share, if there is one. */
  readonly redisUrl: string | undefined;
  readonly directory: NodeDirectory | undefined;
  readonly membership: Membership;
  readonly roster: Roster;
  readonly onListening: () => void;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
  readonly logger: Logger;
}

/** Where nodes come from. */
export interface NodeSource {
  readonly discovery: Discovery;
  /** Where they are processes of ours. */
  readonly own?: { readonly supervisor: Supervisor; readonly fleet: Fleet };
}

/** The discovery that the configuration asks for. Config has checked that its settings are there. */
export function openDiscovery(parts: DiscoveryParts): NodeSource {
  const { config, directory, roster, clock, background, logger } = parts;
  const { nodes } = config;
  switch (nodes.discovery) {
    case 'processes':
      return openProcesses(parts);
    case 'static':
      return { discovery: new StaticDiscovery(nodes.urls, nodes.managementPort, roster) };
    case 'dns': {
      const target = { host: nodes.host ?? '', mcpPort: nodes.port, managementPort: nodes.managementPort };
      // The system's resolver, because short names of Services need its search domains.
      const resolve = (host: string) => lookup(host, { all: true });
      return { discovery: new DnsDiscovery(target, resolve, roster, clock, background, logger) };
    }
    case 'redis':
      if (directory === undefined) throw new LocalError('no_store', 'discovery over Redis without Redis');
      return { discovery: new RedisDiscovery(directory, roster, clock, background, logger) };
  }
}

function openProcesses(parts: DiscoveryParts): NodeSource {
  const { config, env, clusterKey, redisUrl, directory, membership, onListening, clock, rng, background, logger } =
    parts;
  const { count } = config.nodes;
  const supervisor = new Supervisor({
    count,
    command: (id) => ({
      file: process.execPath,
      args: [NODE_MAIN, '--id', id],
      env: nodeEnvironment(config, env, { key: clusterKey, nodeId: id, redisUrl }),
    }),
    membership,
    onListening,
    onGone: (id) => {
      if (directory === undefined) return;
      background.run('declare-gone', async () => {
        // A store that is away lets the lease run out by itself, a second later.
        await directory.declareGone(id).catch(() => undefined);
      });
    },
    clock,
    rng,
    log: logger,
  });
  const drainMs = config.scaling.drainMs;
  const fleet = new Fleet({ supervisor, members: membership, count, drainMs, clock, background, log: logger });
  return { discovery: supervisor, own: { supervisor, fleet } };
}
