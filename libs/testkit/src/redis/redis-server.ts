import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A redis-server of a test's own, on a free loopback port, without persistence. */
export interface TestRedis {
  /** `redis://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  signal(signal: NodeJS.Signals): void;
  /** Ends it with SIGKILL; its data is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Whether a redis-server can be started here; tests that need one are skipped, loudly, where none can. */
export function findRedisServer(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** @param args further arguments of redis-server, for example `['--requirepass', 'x']` or `['--maxmemory', '2mb']` */
export async function startRedis(args: readonly string[] = []): Promise<TestRedis> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'mcp-redis-'));
  let server = await launch(port, folder, args);
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${String(port)}`,
    port,
    get pid() {
      return server.pid ?? 0;
    },
    signal: (signal) => {
      server.kill(signal);
    },
    kill,
    restart: async () => {
      await kill();
      server = await launch(port, folder, args);
    },
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function launch(port: number, folder: string, args: readonly string[]): Promise<ChildProcess> {
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const server = spawn('redis-server', [...own, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      if (said.includes('Ready to accept connections')) resolve();
    });
    server.once('exit', (code) => {
      reject(new Error(`redis-server ended with ${String(code)}:\n${said}`));
    });
  });
  // What it says from now on is read away: a full pipe would stop it.
  server.stdout.removeAllListeners('data').resume();
  return server;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
