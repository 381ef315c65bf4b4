import { lookup } from 'node:dns/promises';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment, type Environment, type ManagerConfig } from '@mcp-cluster/config';
import type { Background, Clock, Rng } from '@mcp-cluster/kernel';
import type { Logger } from '@mcp-cluster/telemetry';
import type { Discovery } from './discovery/discovery.js';
import { DnsDiscovery } from './discovery/dns.discovery.js';
import { StaticDiscovery } from './discovery/static.discovery.js';
import type { Membership } from './membership/membership.js';
import { Supervisor } from './supervisor/supervisor.js';

/** The built node, beside the built manager; from the sources the path is the same. */
const NODE_MAIN = fileURLToPath(new URL('../../node/dist/main.js', import.meta.url));

export interface DiscoveryParts {
  readonly config: ManagerConfig;
  readonly env: Environment;
  readonly clusterKey: string;
  readonly membership: Membership;
  readonly onListening: () => void;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
  readonly logger: Logger;
}

/** The discovery that the configuration asks for. Config has checked that its settings are there. */
export function openDiscovery(parts: DiscoveryParts): Discovery {
  const { config, membership, clock, background, logger } = parts;
  const { nodes } = config;
  switch (nodes.discovery) {
    case 'processes':
      return openSupervisor(parts);
    case 'static':
      return new StaticDiscovery(nodes.urls, nodes.managementPort, membership);
    case 'dns': {
      const target = { host: nodes.host ?? '', mcpPort: nodes.port, managementPort: nodes.managementPort };
      // The system's resolver, because short names of Services need its search domains.
      return new DnsDiscovery(target, (host) => lookup(host, { all: true }), membership, clock, background, logger);
    }
  }
}

function openSupervisor(parts: DiscoveryParts): Supervisor {
  const { config, env, clusterKey, membership, onListening, clock, rng, logger } = parts;
  const command = (id: string) => ({
    file: process.execPath,
    args: [NODE_MAIN, '--id', id],
    env: nodeEnvironment(config, env, { key: clusterKey, nodeId: id }),
  });
  return new Supervisor({ count: config.nodes.count, command, membership, onListening, clock, rng, log: logger });
}
