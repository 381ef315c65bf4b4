import { Agent, request } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import { startCluster, type Cluster } from '../../support/cluster.mjs';
import { redisInfo } from '../cluster/redis-info.ts';
import { atLeast, atMost, percentile, type Claim, type Experiment, type Lab } from '../experiment.ts';
import { machineMs, pause } from '../workloads/time.ts';

/** What Redis may add to the CPU time of a stateless call. */
const CPU_SHARE = 1.1;
/** Commands a call: leases and the bus send theirs whether there are calls or not. */
const COMMANDS_A_CALL = 0.05;
const AT_ONCE = 8;
/** /proc counts CPU time in hundredths of a second. */
const MICROSECONDS_A_TICK = 10_000;

export const redisCost: Experiment = {
  id: 'redis-cost',
  title: 'stateless calls with Redis and without it, side by side',
  expected: 'they never touch Redis: no command, and < 10 % more CPU time (the long round)',
  run: async (lab) => {
    const redis = await startRedis();
    lab.onEnd(() => redis.stop());
    const shared = await supervised(lab, redis.url);
    const seconds = lab.long ? 10 : 3;
    await load(shared, 2);
    const idle = await commandsIn(redis, () => pause(seconds * 1_000));
    let calls = 0;
    const busy = await commandsIn(redis, async () => {
      ({ calls } = await load(shared, seconds));
    });
    const claims = [
      atLeast('stateless calls', calls, 100),
      atMost('commands of Redis a call', (busy - idle) / calls, COMMANDS_A_CALL),
    ];
    return lab.long ? [...claims, await compared(lab, shared)] : claims;
  },
};

async function supervised(lab: Lab, redisUrl: string): Promise<Cluster> {
  const cluster = await startCluster({
    nodes: 1,
    fixtures: false,
    env: { REDIS_URL: redisUrl, LOG_LEVEL: 'warn' },
  });
  lab.onEnd(() => cluster.stop());
  return cluster;
}

/** In turn, so that both see the same state of the machine; the medians are compared. */
async function compared(lab: Lab, shared: Cluster): Promise<Claim> {
  const alone = await supervised(lab, 'none');
  for (const cluster of [alone, shared]) await load(cluster, 10);
  const costs = { alone: [] as number[], shared: [] as number[] };
  for (let turn = 0; turn < 5; turn += 1) {
    costs.alone.push((await load(alone, 8)).microseconds);
    costs.shared.push((await load(shared, 8)).microseconds);
  }
  const [without, withRedis] = [percentile(costs.alone, 0.5), percentile(costs.shared, 0.5)];
  lab.note('CPU microseconds a call, manager and node', { without: costs.alone, with: costs.shared });
  return atMost('CPU time of a call with Redis', withRedis / without, CPU_SHARE, 'times that without');
}

/** Calls `echo` as fast as they are answered. */
async function load(cluster: Cluster, seconds: number): Promise<{ calls: number; microseconds: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const until = machineMs() + seconds * 1_000;
  const before = cpu(cluster);
  let calls = 0;
  const worker = async (): Promise<void> => {
    while (machineMs() < until) {
      await echo(cluster.url, agent);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  agent.destroy();
  return { calls, microseconds: (cpu(cluster) - before) / calls };
}

async function echo(url: string, agent: Agent): Promise<void> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'cost', version: '1' },
  };
  const params = { name: 'echo', arguments: { text: 'x' }, _meta };
  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'echo',
  };
  const sent = request(url, { method: 'POST', headers, agent });
  sent.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer> & { statusCode?: number }];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (!text.includes('"result"')) throw new Error(`echo: HTTP ${response.statusCode ?? 0} ${text.slice(0, 300)}`);
}

/** CPU time of the manager and its node, in microseconds. */
function cpu(cluster: Cluster): number {
  return cluster.pids().reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets and may hold spaces: count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_A_TICK;
  }, 0);
}

async function commandsIn(redis: TestRedis, work: () => Promise<void>): Promise<number> {
  const before = await redisInfo(redis.port);
  await work();
  return (await redisInfo(redis.port)).commands - before.commands;
}
