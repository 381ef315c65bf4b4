import { z } from 'zod';
import { onOff, text } from './kinds.js';
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
        meaning: 'Folder whose CSV files the analysis tools may read.',
      }),
      toolsDir: openSetting(text('directory'), {
        flag: '--tools',
        env: 'TOOLS_DIR',
        otherwise: 'only the tools that come with the node',
        meaning: 'Folder of further *.tool.js, *.resource.js and *.prompt.js files to serve.',
      }),
    }),
    mcp: mcpSettings(3001),
    management: managementSettings,
    cluster: clusterSettings,
    drain: drainSettings,
    log: logSettings,
  })
  .refine(({ mcp, management }) => differ(mcp.port, management.port), {
    path: ['management', 'port'],
    message: 'another port than that of /mcp',
    when: always,
  });

export type NodeConfig = WithHosts<z.output<typeof nodeSchema>, 'management'>;

/**
 * The configuration of a node: flags, else environment, else defaults.
 * @throws ConfigError with every problem, or HelpRequested
 */
export function readNodeConfig(argv: readonly string[], env: Environment): NodeConfig {
  const config = readConfig('node', nodeSchema, argv, env);
  return { ...config, management: withHost(config.management, config.mcp) };
}
