import 'reflect-metadata';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ComputedCache, UNCACHED } from '@mcp-cluster/cache';
import { ConfigError, currentEnvironment, HelpRequested, readNodeConfig, type NodeConfig } from '@mcp-cluster/config';
import { NodeModule, type NodeModuleSettings } from './node.module.js';
import { NodeParts } from './node-parts.js';
import { serveHttp } from './serve-http.js';
import { serveStdio } from './serve-stdio.js';

/** The samples that come with the repository and the image. */
const SAMPLES = new URL('../../../data/', import.meta.url);

async function main(): Promise<void> {
  const { argv, env } = currentEnvironment();
  const config = readNodeConfig(argv, env);
  const parts = await NodeParts.open(config);
  const module = await NodeModule.create({
    registry: parts.registry,
    folders: toolFolders(config),
    settings: toolSettings(config),
    announcer: parts.dispatcher.announcer,
    background: parts.background,
    jobs: parts.dispatcher.jobs,
    computed: parts.cache?.computed ?? new ComputedCache(UNCACHED),
  });
  if (config.node.stdio) await serveStdio(module, parts);
  else await serveHttp(config, module, parts);
}

function toolSettings({ node }: NodeConfig): NodeModuleSettings {
  const dataDir = node.dataDir ?? fileURLToPath(SAMPLES);
  const { logsDir = join(dataDir, 'logs'), logSummaryBytes, crawlAllow } = node;
  return { dataDir, logsDir, logSummaryBytes, crawlAllow };
}

function toolFolders({ node }: NodeConfig): URL[] {
  const own = [new URL('./tools/', import.meta.url), new URL('./resources/', import.meta.url)];
  if (node.fixtures) own.push(new URL('./fixtures/', import.meta.url));
  if (node.toolsDir !== undefined) own.push(pathToFileURL(`${node.toolsDir}/`));
  return own;
}

try {
  await main();
} catch (thrown) {
  if (!(thrown instanceof ConfigError || thrown instanceof HelpRequested)) throw thrown;
  (thrown.exitCode === 0 ? process.stdout : process.stderr).write(`${thrown.message}\n`);
  process.exitCode = thrown.exitCode;
}
