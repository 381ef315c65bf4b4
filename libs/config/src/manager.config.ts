import { z } from 'zod';
import { managerCacheSettings, routing } from './cache.settings.js';
import { baseUrls, choice, host, integer, onOff, port } from './kinds.js';
import { NO_REDIS, redisSettings } from './redis.settings.js';
import { readConfig, type Environment } from './read.js';
import { decideScaling, scalingSettings, type ScalingConfig } from './scaling.settings.js';
import { openSetting, setting } from './setting.js';
import { clusterSettings, drainSettings, logSettings, managementSettings, mcpSettings } from './shared.settings.js';
import { always, differ, withHost, type WithHosts } from './listen.js';

const nodesSettings = z.object({
  discovery: setting(choice(['processes', 'dns', 'static', 'redis']), {
    flag: '--discovery',
    env: 'DISCOVERY',
    default: 'processes',
    meaning:
      'Where nodes come from: started here as processes, all addresses of a DNS name, a fixed list, or those that registered in Redis.',
  }),
  count: setting(integer({ min: 1, max: 20, unit: 'nodes', because: 'no cluster grows over 20 nodes (P16)' }), {
    flag: '--nodes',
    env: 'NODES_COUNT',
    default: 2,
    meaning: 'Node processes to start (processes).',
  }),
  fixtures: setting(onOff, {
    flag: '--fixtures',
    env: 'MCP_FIXTURES',
    default: false,
    meaning: "Started nodes also serve the conformance suite's tools, resources and prompts (processes).",
  }),
  host: openSetting(host, {
    flag: '--nodes-host',
    env: 'NODES_HOST',
    otherwise: 'none; dns needs it',
    meaning: 'Name that resolves to all nodes, in Kubernetes the headless Service (dns).',
  }),
  urls: setting(baseUrls, {
    flag: '--nodes-urls',
    env: 'NODES_URLS',
    default: [],
    fallback: 'none; static needs it',
    meaning: 'URLs of the nodes, without /mcp (static).',
  }),
  port: setting(port({ zero: false }), {
    flag: '--nodes-port',
    env: 'NODES_PORT',
    default: 3001,
    meaning: 'MCP port of the nodes (dns).',
  }),
  managementPort: setting(port({ zero: false }), {
    flag: '--nodes-management-port',
    env: 'NODES_MANAGEMENT_PORT',
    default: 9464,
    meaning: 'Management port of the nodes (dns, static).',
  }),
});

/** Every setting of the manager. */
export const managerSchema = z
  .object({
    nodes: nodesSettings,
    mcp: mcpSettings(3000),
    admin: z.object({
      host: openSetting(host, {
        flag: '--admin-host',
        env: 'ADMIN_HOST',
        otherwise: 'as --host',
        meaning: 'Address that the admin port listens on.',
      }),
      port: setting(port({ zero: true }), {
        flag: '--admin-port',
        env: 'ADMIN_PORT',
        default: 8080,
        meaning: 'Port of the admin API /admin. 0 takes any free one.',
      }),
    }),
    management: managementSettings,
    cluster: clusterSettings,
    redis: redisSettings(
      'processes: a redis-server on the PATH is started, without persistence, else state stays in the processes',
    ),
    routing,
    cache: managerCacheSettings,
    scaling: scalingSettings,
    drain: drainSettings,
    log: logSettings,
  })
  .refine(({ nodes }) => nodes.discovery !== 'dns' || nodes.host !== undefined, {
    path: ['nodes', 'host'],
    message: 'the name to look up, because discovery is dns',
    when: always,
  })
  .refine(({ nodes }) => nodes.discovery !== 'static' || nodes.urls.length !== 0, {
    path: ['nodes', 'urls'],
    message: 'at least one URL, because discovery is static',
    when: always,
  })
  .refine(({ nodes, redis }) => nodes.discovery !== 'redis' || (redis.url !== undefined && redis.url !== NO_REDIS), {
    path: ['redis', 'url'],
    message: 'the URL of the Redis that the nodes register in, because discovery is redis',
    when: always,
  })
  .refine(({ nodes, cluster }) => nodes.discovery === 'processes' || cluster.key !== undefined, {
    path: ['cluster', 'key'],
    message: 'the key that the nodes were started with, because the manager does not start them itself',
    when: always,
  })
  .refine(({ mcp, admin }) => differ(mcp.port, admin.port), {
    path: ['admin', 'port'],
    message: 'another port than that of /mcp',
    when: always,
  })
  .refine(({ mcp, admin, management }) => differ(mcp.port, management.port) && differ(admin.port, management.port), {
    path: ['management', 'port'],
    message: 'another port than those of /mcp and /admin',
    when: always,
  })
  // Written so that a refused value, which is no number, breaks no rule on top.
  .refine(({ scaling, nodes }) => !((scaling.min ?? 0) > (scaling.max ?? Infinity) || tooMany(nodes, scaling)), {
    path: ['scaling', 'max'],
    message: 'at least --min-nodes and, where the nodes are processes, at least --nodes',
    when: always,
  })
  .refine(({ scaling }) => !(scaling.inCpu >= scaling.outCpu), {
    path: ['scaling', 'inCpu'],
    message: 'less than --scaling-out-cpu, or nodes come and go',
    when: always,
  })
  .refine(({ scaling }) => !(scaling.inMemory >= scaling.outMemory), {
    path: ['scaling', 'inMemory'],
    message: 'less than --scaling-out-memory, or nodes come and go',
    when: always,
  })
  .refine(({ scaling }) => !(scaling.inResponseMs >= scaling.outResponseMs), {
    path: ['scaling', 'inResponseMs'],
    message: 'less than --scaling-out-response-ms, or nodes come and go',
    when: always,
  });

function tooMany(
  nodes: { discovery: string; count: number },
  { max = Infinity }: { max?: number | undefined },
): boolean {
  return nodes.discovery === 'processes' && nodes.count > max;
}

type Read = z.output<typeof managerSchema>;

export type ManagerConfig = WithHosts<Omit<Read, 'scaling'>, 'management' | 'admin'> & {
  readonly scaling: ScalingConfig;
};

/**
 * The configuration of the manager: flags, else environment, else defaults.
 * @throws ConfigError with every problem, or HelpRequested
 */
export function readManagerConfig(argv: readonly string[], env: Environment): ManagerConfig {
  const config = readConfig('manager', managerSchema, argv, env);
  const { mcp, admin, management, scaling, nodes, drain } = config;
  return {
    ...config,
    admin: withHost(admin, mcp),
    management: withHost(management, mcp),
    scaling: decideScaling(scaling, nodes, drain),
  };
}
