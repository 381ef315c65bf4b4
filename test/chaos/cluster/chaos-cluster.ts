import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { ROOT } from '../../support/running.mjs';
import { TcpProxy } from '../faults/tcp-proxy.ts';
import { soon } from '../workloads/time.ts';
import { freePorts } from './free-ports.ts';
import { ManagerProcess } from './manager-process.ts';
import { NodeProcess } from './node-process.ts';

/** Any key will do; all processes of a cluster have the same. */
const CLUSTER_KEY = 'chaos-suite-key-of-a-cluster-on-loopback-00000000';
/** Until every manager has every node in rotation. */
const READY_MS = 30_000;
const TOOLS = join(ROOT, 'test', 'chaos', 'tools');

export interface ClusterPlan {
  /** 3 unless said. */
  readonly nodes?: number;
  /** 1 unless said. */
  readonly managers?: number;
  /** Puts a network that can be broken between Redis and everybody, and between managers and nodes. */
  readonly networks?: boolean;
  readonly redisArgs?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly nodeEnv?: Readonly<Record<string, string>>;
  /** Of the first node alone, in its first life. */
  readonly firstNodeEnv?: Readonly<Record<string, string>>;
  readonly managerArgs?: readonly string[];
}

/** A line that a tool wrote about a run of itself, or about its effect. */
export interface ToolNote {
  readonly tag: string;
  readonly pid: number;
  /** Of the machine's clock. */
  readonly at: number;
}

/** Nodes, managers and a Redis of an experiment's own, each one a process that can be hurt. */
export class ChaosCluster {
  readonly redis: TestRedis;
  readonly nodes: readonly NodeProcess[];
  readonly managers: readonly ManagerProcess[];
  private readonly folder: string;
  private readonly proxies: readonly TcpProxy[];

  private constructor(parts: {
    redis: TestRedis;
    nodes: readonly NodeProcess[];
    managers: readonly ManagerProcess[];
    folder: string;
    proxies: readonly TcpProxy[];
  }) {
    this.redis = parts.redis;
    this.nodes = parts.nodes;
    this.managers = parts.managers;
    this.folder = parts.folder;
    this.proxies = parts.proxies;
  }

  /** Resolves when every manager has every node in rotation. */
  static async start(plan: ClusterPlan = {}): Promise<ChaosCluster> {
    const cluster = await ChaosCluster.prepare(plan);
    try {
      const { firstNodeEnv = {} } = plan;
      await Promise.all(cluster.members.map((member, at) => member.start(at === 0 ? firstNodeEnv : {})));
      await cluster.whole();
      return cluster;
    } catch (error) {
      const words = cluster.members.map(({ name, lastWords }) => `── ${name}\n${lastWords}`).join('\n');
      await cluster.stop();
      throw new Error(`the cluster did not start\n${words.slice(-6_000)}`, { cause: error });
    }
  }

  /** Its parts, none of the processes but Redis started yet. */
  static async prepare(plan: ClusterPlan = {}): Promise<ChaosCluster> {
    const { nodes = 3, managers = 1, networks = false } = plan;
    const folder = mkdtempSync(join(tmpdir(), 'mcp-chaos-'));
    for (const file of ['runs', 'effects']) writeFileSync(join(folder, file), '');
    const redis = await startRedis(plan.redisArgs);
    const proxies: TcpProxy[] = [];
    const env = {
      CLUSTER_KEY,
      RUNS_FILE: join(folder, 'runs'),
      EFFECTS_FILE: join(folder, 'effects'),
      ...plan.nodeEnv,
    };
    const made: NodeProcess[] = [];
    for (let at = 1; at <= nodes; at += 1) {
      const toRedis = networks ? await TcpProxy.to(redis.port) : undefined;
      const node = await NodeProcess.prepare({
        id: `n${at}`,
        redisUrl: redisUrl(redis, toRedis),
        env,
        args: ['--tools', TOOLS, ...(plan.nodeArgs ?? [])],
        ...(networks && { networkHost: `127.0.1.${at}` }),
      });
      if (toRedis !== undefined) node.redisNetwork = toRedis;
      proxies.push(...[toRedis, ...node.networks].filter((proxy) => proxy !== undefined));
      made.push(node);
    }
    const fronts: ManagerProcess[] = [];
    for (let at = 1; at <= managers; at += 1) {
      const toRedis = networks ? await TcpProxy.to(redis.port) : undefined;
      if (toRedis !== undefined) proxies.push(toRedis);
      const [port = 0, admin = 0, management = 0] = await freePorts(3);
      const ports = { port, admin, management };
      const args = ['--discovery', 'redis', ...(plan.managerArgs ?? [])];
      const manager = new ManagerProcess({ id: `m${at}`, ports, redisUrl: redisUrl(redis, toRedis), env, args });
      if (toRedis !== undefined) manager.redisNetwork = toRedis;
      fronts.push(manager);
    }
    return new ChaosCluster({ redis, nodes: made, managers: fronts, folder, proxies });
  }

  get members(): readonly (NodeProcess | ManagerProcess)[] {
    return [...this.nodes, ...this.managers];
  }

  /** The MCP endpoints of all managers. */
  get urls(): string[] {
    return this.managers.map(({ url }) => url);
  }

  node(id: string): NodeProcess {
    const found = this.nodes.find(({ name }) => name === id);
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }

  get manager(): ManagerProcess {
    const [first] = this.managers;
    if (first === undefined) throw new Error('a cluster without a manager');
    return first;
  }

  /** Resolves when every manager that runs has every node that runs in rotation, and none else. */
  async whole(withinMs = READY_MS): Promise<void> {
    const wanted = this.nodes.filter(({ runs }) => runs).map(({ name }) => name);
    const look = async (): Promise<true | undefined> => {
      for (const manager of this.managers.filter(({ runs }) => runs)) {
        const ready = (await manager.nodes()).filter(({ state }) => state === 'ready').map(({ id }) => id);
        if (ready.sort().join() !== wanted.toSorted().join()) return undefined;
      }
      return true;
    };
    if ((await soon(withinMs, look)) === undefined)
      throw new Error(`not every manager has ${wanted.join(', ')} in rotation after ${withinMs} ms`);
  }

  /** Every run that a tool began, in the order in which they began. */
  toolRuns(): ToolNote[] {
    return this.notes('runs');
  }

  effects(): ToolNote[] {
    return this.notes('effects');
  }

  /** A file of the experiment's own. */
  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Ends everything. May be called in any state. */
  async stop(): Promise<void> {
    for (const proxy of this.proxies) proxy.pass();
    await Promise.allSettled(this.managers.map((one) => one.end()));
    await Promise.allSettled(this.nodes.map((one) => one.end()));
    await Promise.allSettled(this.proxies.map((proxy) => proxy.close()));
    this.redis.signal('SIGCONT');
    await this.redis.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private notes(name: string): ToolNote[] {
    const lines = readFileSync(join(this.folder, name), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ToolNote);
  }
}

function redisUrl(redis: TestRedis, network: TcpProxy | undefined): string {
  return network === undefined ? redis.url : `redis://127.0.0.1:${network.port}`;
}
