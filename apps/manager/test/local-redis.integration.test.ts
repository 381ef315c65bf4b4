import { chmodSync, existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManagerConfig, type Environment } from '@mcp-cluster/config';
import { seededRng, systemClock, systemRng } from '@mcp-cluster/kernel';
import { findRedisServer as redisServerExists } from '@mcp-cluster/testkit/redis';
import { afterEach, describe, expect, it } from 'vitest';
import { startCluster } from '../../../test/support/cluster.mjs';
import { eventually, runs } from '../../../test/support/running.mjs';
import { chooseStore } from '../src/local-redis/choose-store.js';
import { findRedisServer } from '../src/local-redis/find-redis-server.js';
import { LocalRedis } from '../src/local-redis/local-redis.js';

const toStop: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop();
});

interface Line {
  readonly redisPid?: number;
  readonly message: string;
}

function recording(): { log: { info: Write; warn: Write }; lines: Line[] } {
  const lines: Line[] = [];
  const write: Write = (fields, message) => void lines.push({ ...fields, message });
  return { log: { info: write, warn: write }, lines };
}
type Write = (fields: object, message: string) => void;

/** What a server at that port answers to the commands, as Redis writes it. */
async function ask(port: number, ...commands: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => (text += data.toString('latin1')));
  socket.write([...commands, 'QUIT', ''].join('\r\n'));
  await once(socket, 'close');
  return text;
}

function folderWith(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-path-'));
  toStop.push(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'redis-server');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return folder;
}

const choose = (argv: string[], env: Environment, log = recording().log) =>
  chooseStore(readManagerConfig(argv, env), env, { clock: systemClock, rng: systemRng, log });

describe.skipIf(!redisServerExists())('a redis-server of our own (SKIPPED where there is no redis-server)', () => {
  async function start(): Promise<{ redis: LocalRedis; lines: Line[]; pid: () => number; password: string }> {
    const { log, lines } = recording();
    const server = (await findRedisServer(process.env.PATH)) ?? '';
    const redis = await LocalRedis.start({ server, clock: systemClock, rng: systemRng, log });
    toStop.push(() => redis.stop());
    const pid = () => lines.findLast(({ message }) => message === 'redis-server started')?.redisPid ?? 0;
    return { redis, lines, pid, password: new URL(redis.url).password };
  }

  it('is reached with its password only, never saves and never evicts', async () => {
    const { redis, password } = await start();
    expect(await ask(redis.port, 'GET a')).toContain('-NOAUTH');
    const told = await ask(redis.port, `AUTH ${password}`, 'CONFIG GET save', 'CONFIG GET maxmemory-policy');
    expect(told).toMatch(/save\r\n\$0\r\n/);
    expect(told).toContain('noeviction');
    expect(await ask(redis.port, `AUTH ${password}`, 'CONFIG GET appendonly')).toMatch(/\$2\r\nno/);
    expect(await ask(redis.port, `AUTH ${password}`, 'CONFIG GET bind')).toContain('$9\r\n127.0.0.1');
  });

  it('has a password of its own at each start, and shows it to nobody', async () => {
    const [first, second] = [await start(), await start()];
    expect(first.password).toHaveLength(43);
    expect(second.password).not.toBe(first.password);
    expect(second.redis.port).not.toBe(first.redis.port);
    expect(JSON.stringify(first.lines)).not.toContain(first.password);
  });

  it('comes back on the same port with the same password when it is killed', async () => {
    const { redis, pid, password } = await start();
    const before = pid();
    process.kill(before, 'SIGKILL');
    await eventually('another one', () => (pid() === before ? undefined : pid()));
    expect(await ask(redis.port, `AUTH ${password}`, 'PING')).toContain('+PONG');
  });

  it('comes back when its keeper is killed, and the old one does not stay', async () => {
    const { redis, pid, password, lines } = await start();
    const before = pid();
    const keeper = parentOf(before);
    process.kill(keeper, 'SIGKILL');
    await eventually('another one', () => (pid() === before ? undefined : pid()));
    expect(runs(before)).toBe(false);
    expect(await ask(redis.port, `AUTH ${password}`, 'PING')).toContain('+PONG');
    expect(lines.map(({ message }) => message)).toContain('redis-server ended and will be started again, empty');
  });

  it('ends with stop, and stays ended', async () => {
    const { redis, pid } = await start();
    await redis.stop();
    expect(runs(pid())).toBe(false);
    await expect(ask(redis.port, 'PING')).rejects.toThrow('ECONNREFUSED');
  });

  it('ends with a manager that is killed with -9, as its nodes do, and leaves no file behind', async () => {
    const cluster = await startCluster({ nodes: 1, args: ['--log-level', 'info'] });
    toStop.push(() => cluster.stop());
    const { redisPid } = await cluster.log(({ msg }) => msg === 'redis-server started');
    const pid = Number(redisPid);
    const folder = readlinkSync(`/proc/${String(pid)}/cwd`);
    expect(folder).toContain('mcp-cluster-redis-');
    expect(cluster.process.stdout.join('\n')).toMatch(
      /^redis {3}redis:\/\/127\.0\.0\.1:\d+ \(started here, no persistence\)$/m,
    );
    const readiness = await fetch(`${cluster.managementUrl}/readyz`);
    expect(await readiness.json()).toMatchObject({
      state: 'ready',
      store: expect.stringMatching(/^(ok|degraded)$/) as string,
    });
    const keeper = parentOf(pid);
    cluster.process.kill('SIGKILL');
    await eventually('no process left', () => ([keeper, pid, ...cluster.pids()].some(runs) ? undefined : true));
    expect(existsSync(folder)).toBe(false);
  });

  it('ends after its nodes when the manager is told to stop', async () => {
    const cluster = await startCluster({ nodes: 1, args: ['--log-level', 'info'] });
    toStop.push(() => cluster.stop());
    const { redisPid } = await cluster.log(({ msg }) => msg === 'redis-server started');
    await cluster.stop();
    expect(runs(Number(redisPid))).toBe(false);
    expect(cluster.logs().filter(({ msg }) => msg === 'Redis does not serve us')).toEqual([]);
  });

  it('is the store of a cluster of processes that was given none', async () => {
    const store = await choose([], { PATH: process.env.PATH });
    toStop.push(() => store.stop());
    expect(store.told).toMatch(/^redis:\/\/127\.0\.0\.1:\d+ \(started here, no persistence\)$/);
    expect(store.url).toMatch(/^redis:\/\/:[\w-]{43}@127\.0\.0\.1:\d+$/);
  });
});

describe('which store a cluster has', () => {
  it('is the one that was given, told without its password', async () => {
    const store = await choose([], { REDIS_URL: 'rediss://user:s3cret@store.example:6380/2', PATH: process.env.PATH });
    expect(store).toMatchObject({
      url: 'rediss://user:s3cret@store.example:6380/2',
      told: 'rediss://store.example:6380/2',
    });
  });

  it.each([
    [['--redis', 'none'], process.env.PATH, '--redis none'],
    [['--discovery', 'static', '--nodes-urls', 'http://a'], process.env.PATH, '--redis is not given'],
    [[], '/nowhere:relative', 'no redis-server on the PATH, and --redis is not given'],
    [[], undefined, 'no redis-server on the PATH, and --redis is not given'],
  ])('is none with the arguments %j', async (argv, PATH, why) => {
    const store = await choose(argv, { CLUSTER_KEY: seededRng(1).bytes(40).toString('hex'), PATH });
    expect(store).toMatchObject({ url: undefined, told: `none: state stays in the processes (${why})` });
  });

  it('is none where redis-server does not start, and the log says why', async () => {
    const { log, lines } = recording();
    const store = await choose([], { PATH: folderWith('echo "cannot load libssl" && exit 3') }, log);
    expect(store.told).toBe('none: state stays in the processes (redis-server did not start, see the log)');
    expect(String((lines[0] as unknown as { err: Error }).err)).toContain('cannot load libssl');
  });
});

/** The parent of a process of this machine. */
function parentOf(pid: number): number {
  const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${String(pid)}/stat`, 'utf8')) ?? [];
  return Number(parent);
}
