import type { RequestListener, Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DynamicModule } from '@nestjs/common';
import { advertisedOrigins, type NodeConfig } from '@mcp-cluster/config';
import { systemClock, systemRng } from '@mcp-cluster/kernel';
import { SplicePass } from '@mcp-cluster/protocol';
import { createMcpServer, HostGuard, HttpTransport } from '@mcp-cluster/transports';
import { ManagementServer } from '@mcp-cluster/telemetry';
import type { NodeParts } from './node-parts.js';
import { NodeProcess, NOTICE_MS } from './node-process.js';
import { StreamMetrics } from './stream.metrics.js';
import { VERSION } from './version.js';

/** Serves MCP over HTTP until it is told to stop. */
export async function serveHttp(config: NodeConfig, module: DynamicModule, parts: NodeParts): Promise<void> {
  const { dispatcher, logger, metrics, background, shared, cache, clock } = parts;
  const transport: HttpTransport = new HttpTransport({
    dispatcher,
    guard: new HostGuard(config.mcp),
    clock,
    rng: systemRng,
    background,
    ...(shared && { archive: shared.streams }),
    splices: new SplicePass(parts.key, systemRng),
    ...config.streams,
    observer: new StreamMetrics({
      registry: parts.metricRegistry,
      read: () => transport.readStreams(),
      dropped: (kind) => {
        metrics().notificationDropped(kind);
      },
    }),
  });
  const servers: Server[] = [];
  const adapter = new DrainedAdapter({
    serverFactory: (router: RequestListener) => {
      const server = createMcpServer((request, response) => {
        transport.handle(request, response);
      }, router);
      server.on('connection', (socket) => {
        metrics().requests.connected();
        socket.once('close', () => {
          metrics().requests.disconnected();
        });
      });
      servers.push(server);
      return server;
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: ['error'],
    abortOnError: false,
  });
  await app.init();
  // What Nest's listen() would do: until its plugins are loaded, a request to Fastify's router throws.
  await app.getHttpAdapter().getInstance().ready();
  const server = servers[0];
  if (server === undefined) throw new Error('Fastify made no server');

  const { nodeId } = config.cluster;
  const streams = (): number => transport.streams;
  const node = new NodeProcess({
    id: nodeId,
    version: VERSION,
    clock: systemClock,
    dispatcher,
    server,
    streams,
    drain: config.drain,
    logger,
    load: () => parts.load.read(),
    store: () => shared?.status ?? 'memory',
  });
  parts.startMetrics('tcp', streams);
  const stop = (reason: string, noticeMs: number): void => {
    background.run('drain', async () => {
      await node.drain(reason, noticeMs);
      await cache?.close();
      await shared?.close();
      await management.close();
      await app.close();
      logger.flush();
      process.exit(0);
    });
  };
  const management = new ManagementServer({
    ...config.management,
    registry: parts.metricRegistry,
    ...(cache && { routes: cache.admin.routes }),
    status: () => ({ ready: node.status.state === 'ready', body: node.status }),
    onDrain: () => {
      // Begun here, not by `background`, which starts a moment later: the answer already has the new state.
      const drained = node.drain('asked on the management port', NOTICE_MS);
      background.run('drain', () => drained);
    },
    logger,
  });
  await shared?.awaited();
  await cache?.ready();
  const { port: managementPort } = await management.listen();
  // With its lease held before the first call: nobody takes its streams for orphans.
  await node.listen(config.mcp.host, config.mcp.port, async () => {
    const ports = { mcp: node.port, management: managementPort };
    await shared?.register({ ...advertisedOrigins(config, ports), version: VERSION });
  });
  shared?.onLeaseRegained(() => {
    transport.checkStreams();
  });
  stopWith(stop);
  logger.info({ mcpPort: node.port, managementPort, version: VERSION }, 'listening');
  process.send?.({
    type: 'listening',
    id: nodeId,
    mcpPort: node.port,
    managementPort,
    pid: process.pid,
    version: VERSION,
  });
}

/** Its server is closed by the drain, before the application is: Fastify would wait for that a second time, for ever. */
class DrainedAdapter extends FastifyAdapter {
  override close(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/**
 * SIGTERM drains, after managers had the time to notice; Ctrl-C too, unless a manager started this node and stops it
 * itself: it closes the channel, and sends nothing more.
 */
function stopWith(stop: (reason: string, noticeMs: number) => void): void {
  const supervised = process.send !== undefined;
  process.on('SIGTERM', () => {
    stop('SIGTERM', NOTICE_MS);
  });
  process.on('SIGINT', () => {
    if (!supervised) stop('SIGINT', 0);
  });
  if (supervised)
    process.on('disconnect', () => {
      stop('the manager has gone', 0);
    });
}
