import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { systemRng } from '@mcp-cluster/kernel';
import { StdioTransport } from '@mcp-cluster/transports';
import type { NodeParts } from './node-parts.js';

/** Serves one client on stdin and stdout until stdin ends (S01). */
export async function serveStdio(module: DynamicModule, parts: NodeParts): Promise<void> {
  const app = await NestFactory.createApplicationContext(module, { logger: ['error'], abortOnError: false });
  parts.startMetrics('pipe', () => 0);
  const { dispatcher } = parts;
  await new StdioTransport({ dispatcher, rng: systemRng, input: process.stdin, output: process.stdout }).run();
  await app.close();
  parts.logger.flush();
}
