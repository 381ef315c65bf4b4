import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { systemRng } from '@mcp-cluster/kernel';
import type { NotificationKind } from '@mcp-cluster/protocol';
import { StdioTransport } from '@mcp-cluster/transports';
import type { NodeParts } from './node-parts.js';

/** Serves one client on stdin and stdout until stdin ends (S01). */
export async function serveStdio(module: DynamicModule, parts: NodeParts): Promise<void> {
  const app = await NestFactory.createApplicationContext(module, { logger: ['error'], abortOnError: false });
  parts.startMetrics('pipe', () => 0);
  const { dispatcher, metrics, cache } = parts;
  await cache?.ready();
  const { stdin: input, stdout: output } = process;
  const onDropped = (kind: NotificationKind): void => {
    metrics().notificationDropped(kind);
  };
  await new StdioTransport({ dispatcher, rng: systemRng, input, output, onDropped }).run();
  await cache?.close();
  await app.close();
  parts.logger.flush();
}
