import { z } from 'zod';
import { nodeCacheSettings, resolveCache } from './cache.settings.js';
import { failpoints, hostNames, integer, nodeUrl, onOff, text } from './kinds.js';
import { NO_REDIS, redisSettings } from './redis.settings.js';
import { readConfig, type Environment } from './read.js';
import { openSetting, setting } from './setting.js';
import { clusterSettings, drainSettings, logSettings, managementSettings, mcpSettings } from './shared.settings.js';
import { always, differ, withHost, type WithHosts } from './listen.js';

/** Every setting of a node. Each part goes to the component that needs it, the whole to none. */
export const nodeSchema = z
  .object({
    node: z.object({
      stdio: setting(onOff, {
        flag: '--stdio',
        default: false,
        meaning: 'Speak MCP on stdin and stdout instead of a port.',
      }),
      fixtures: setting(onOff, {
        flag: '--fixtures',
        env: 'MCP_FIXTURES',
        default: false,
        meaning: "Also serve the conformance suite's tools, resources and prompts.",
      }),
      dataDir: openSetting(text('directory'), {
        flag: '--data',
        env: 'DATA_DIR',
        otherwise: 'the samples that come with the node',
        meaning: 'Folder whose CSV and NDJSON files the tools may read and data:// resources show.',
      }),
      logsDir: openSetting(text('directory'), {
        flag: '--logs',
        env: 'LOGS_DIR',
        otherwise: 'the folder logs below the data folder',
        meaning: 'Folder whose files are served as logs://{filename}.',
      }),
      logSummaryBytes: setting(
        integer({ min: 1_024, max: 67_108_864, unit: 'bytes', because: 'a whole file is held in memory to be sent' }),
        {
          flag: '--log-summary-bytes',
          env: 'LOG_SUMMARY_BYTES',
          default: 1_048_576,
          meaning: 'Size above which a log file is read as a summary, its last 100 lines and links to its parts.',
        },
      ),
      crawlAllow: setting(hostNames, {
        flag: '--crawl-allow',
        env: 'CRAWL_ALLOW',
        default: [],
        meaning:
          'Host names that crawl_sitemap may reach although their addresses are private. * allows all; by default only public addresses are reached.',
      }),
      toolsDir: openSetting(text('directory'), {
        flag: '--tools',
        env: 'TOOLS_DIR',
        otherwise: 'only the tools that come with the node',
        meaning: 'Folder of further compiled *.tool.js, *.resource.js and *.prompt.js files to serve.',
      }),
      advertise: openSetting(nodeUrl, {
        flag: '--advertise',
        env: 'MCP_ADVERTISE',
        otherwise: 'the address that it listens on; of 0.0.0.0 the first of the machine',
        meaning:
          'URL under which managers reach this node, registered in Redis; its management port is on the same host. Needed where addresses are translated.',
      }),
      failpoints: setting(failpoints, {
        env: 'MCP_FAILPOINTS',
        default: [],
        meaning: 'Places in the code at which this node fails. For fault tests only: it loses calls.',
      }),
    }),
    mcp: mcpSettings(3001),
    streams: z.object({
      keepAliveMs: setting(
        integer({ min: 100, max: 300_000, unit: 'ms', because: 'proxies cut quiet connections after 30 s to 5 min' }),
        {
          flag: '--keep-alive-ms',
          env: 'KEEP_ALIVE_MS',
          default: 15_000,
          meaning: 'Quiet time after which an event stream gets a comment, so that no proxy cuts it.',
        },
      ),
      stallMs: setting(
        integer({ min: 1_000, max: 600_000, unit: 'ms', because: 'what waits for a reader is held in memory' }),
        {
          flag: '--stall-ms',
          env: 'STALL_MS',
          default: 10_000,
          meaning: 'Time after which a stream is closed whose reader takes nothing of what waits for it.',
        },
      ),
    }),
    sessions: z.object({
      idleMs: setting(
        integer({
          min: 1_000,
          max: 86_400_000,
          unit: 'ms',
          because: 'no session outlives a day, and clients need a second',
        }),
        {
          flag: '--session-idle-ms',
          env: 'SESSION_IDLE_MS',
          default: 1_800_000,
          meaning: 'Time without a message after which a session of a 2025 client ends (S15).',
        },
      ),
      max: setting(integer({ min: 1, max: 1_000_000, unit: 'sessions', because: 'each takes up to 25 KB of memory' }), {
        flag: '--max-sessions',
        env: 'MAX_SESSIONS',
        default: 10_000,
        meaning: 'Sessions that this node holds at once; further ones are refused (S15).',
      }),
    }),
    management: managementSettings,
    redis: redisSettings('state stays in this process'),
    cache: nodeCacheSettings,
    cluster: clusterSettings,
    drain: drainSettings,
    log: logSettings,
  })
  .refine(({ mcp, management }) => differ(mcp.port, management.port), {
    path: ['management', 'port'],
    message: 'another port than that of /mcp',
    when: always,
  });

/** `redis.url` is there when there is a store, `cache.redisUrl` when there is a shared level; `none` reads as none. */
export type NodeConfig = WithHosts<z.output<typeof nodeSchema>, 'management'>;

/**
 * The configuration of a node: flags, else environment, else defaults.
 * @throws ConfigError with every problem, or HelpRequested
 */
export function readNodeConfig(argv: readonly string[], env: Environment): NodeConfig {
  const config = readConfig('node', nodeSchema, argv, env);
  const { url, ...redis } = config.redis;
  return {
    ...config,
    management: withHost(config.management, config.mcp),
    redis: url === undefined || url === NO_REDIS ? redis : { ...redis, url },
    cache: resolveCache(config.cache, url),
  };
}
