import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { usedHeap } from '../../../bench/harness/heap.ts';
import type { ChaosCluster } from '../cluster/chaos-cluster.ts';
import { freePorts } from '../cluster/free-ports.ts';
import { redisInfo } from '../cluster/redis-info.ts';
import { atLeast, atMost, exactly, type Experiment, type Lab } from '../experiment.ts';
import { machineMs, pause, soon } from '../workloads/time.ts';

const STREAM_KIB = 30;
const SESSION_KIB = 25;
/** What may stay of a session that has ended: the memory of its id is Redis's. */
const LEFT_KIB = 1;
/** Sessions that are begun at once. */
const AT_ONCE = 8;
const REVISION = '2025-11-25';
const TYPES = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };

export const idleStreams: Experiment = {
  id: '16',
  title: 'streams on which nothing is said',
  expected: 'at most 30 KiB of a node’s heap each, and nothing left of them when their clients have gone',
  run: async (lab) => {
    const { cluster, inspector } = await startInspected(lab, []);
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const [warm, count] = [50, lab.long ? 1_000 : 200];
    const open: ClientRequest[] = [];
    lab.onEnd(() => Promise.resolve(open.map((one) => one.destroy())));
    for (let at = 0; at < warm; at += 1) open.push(await openStream(cluster, agent));
    const before = await usedHeap(inspector);
    for (let at = 0; at < count; at += 1) open.push(await openStream(cluster, agent));
    await pause(1_000);
    const after = await usedHeap(inspector);
    const node = cluster.node('n1');
    const held = (await node.status()).streams;
    for (const one of open) one.destroy();
    const gone = await soon(10_000, async () => ((await node.status()).streams === 0 ? true : undefined));
    return [
      exactly('streams', held, warm + count),
      atMost('heap a stream, its session with it', (after - before) / count / 1_024, STREAM_KIB, 'KiB'),
      exactly('streams that were left', gone === true ? 0 : (await node.status()).streams, 0),
    ];
  },
};

export const abandonedSessions: Experiment = {
  id: 'abandoned-sessions',
  title: 'clients that begin a session, set a log level, and never come back',
  expected: 'under 25 KB each; after their time the heap and Redis are where they were',
  run: async (lab) => {
    const [count, idleMs] = lab.long ? [10_000, 30_000] : [1_500, 10_000];
    const { cluster, inspector } = await startInspected(lab, [
      ...['--session-idle-ms', String(idleMs), '--max-sessions', '20000'],
    ]);
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    lab.onEnd(() => {
      agent.destroy();
      return Promise.resolve();
    });
    const node = cluster.node('n1');
    // The first ones bring what all share: compiled code, hidden classes, scripts in Redis. They end before the count.
    await beginMany(cluster, agent, 300);
    await soon(idleMs * 3, async () => ((await node.status()).sessions === 0 ? true : undefined), 200);
    const [heapBefore, redisBefore] = [await usedHeap(inspector), await redisInfo(cluster.redis.port)];
    const began = machineMs();
    await beginMany(cluster, agent, count);
    const [heapFull, redisFull] = [await usedHeap(inspector), await redisInfo(cluster.redis.port)];
    const held = (await node.status()).sessions;
    lab.note('seconds to begin them', Math.round((machineMs() - began) / 1_000));
    const empty = async (): Promise<true | undefined> => {
      const { keys } = await redisInfo(cluster.redis.port);
      return (await node.status()).sessions === 0 && keys <= redisBefore.keys + 5 ? true : undefined;
    };
    const gone = await soon(idleMs * 3, empty, 250);
    const [heapAfter, redisAfter] = [await usedHeap(inspector), await redisInfo(cluster.redis.port)];
    const kib = (bytes: number): number => bytes / count / 1_024;
    lab.note('keys in Redis before, full, after', [redisBefore.keys, redisFull.keys, redisAfter.keys]);
    lab.note('all gone in time', gone === true);
    return [
      atLeast('sessions held', held, count * 0.99),
      atMost(
        'heap and Redis a session',
        kib(heapFull - heapBefore + redisFull.usedBytes - redisBefore.usedBytes),
        SESSION_KIB,
        'KiB',
      ),
      exactly('sessions left after their time', (await node.status()).sessions, 0),
      atMost('heap left a session', kib(heapAfter - heapBefore), LEFT_KIB, 'KiB'),
      atMost('Redis left a session', kib(redisAfter.usedBytes - redisBefore.usedBytes), LEFT_KIB, 'KiB'),
    ];
  },
};

/** One node whose heap can be read exactly, and a manager. */
async function startInspected(
  lab: Lab,
  nodeArgs: readonly string[],
): Promise<{ cluster: ChaosCluster; inspector: string }> {
  const [port = 0] = await freePorts(1);
  const cluster = await lab.start({
    nodes: 1,
    nodeArgs,
    firstNodeEnv: { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` },
  });
  return { cluster, inspector: `http://127.0.0.1:${port}` };
}

async function beginMany(cluster: ChaosCluster, agent: Agent, count: number): Promise<void> {
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const session = await beginSession(cluster, agent);
      const level = { jsonrpc: '2.0', id: 1, method: 'logging/setLevel', params: { level: 'warning' } };
      await post(cluster.manager.url, agent, { 'mcp-session-id': session, 'mcp-protocol-version': REVISION }, level);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function beginSession(cluster: ChaosCluster, agent: Agent): Promise<string> {
  const params = { protocolVersion: REVISION, capabilities: {}, clientInfo: { name: 'idle', version: '1' } };
  const { headers, statusCode } = await post(
    cluster.manager.url,
    agent,
    {},
    { jsonrpc: '2.0', id: 0, method: 'initialize', params },
  );
  const session = headers['mcp-session-id'];
  if (typeof session !== 'string') throw new Error(`initialize gave no session: HTTP ${statusCode ?? 0}`);
  return session;
}

async function post(
  url: string,
  agent: Agent,
  headers: Record<string, string>,
  body: object,
): Promise<IncomingMessage> {
  const sent = request(url, { method: 'POST', headers: { ...TYPES, ...headers }, agent });
  sent.end(JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response;
}

/** A session and its own stream. */
async function openStream(cluster: ChaosCluster, agent: Agent): Promise<ClientRequest> {
  const session = await beginSession(cluster, agent);
  const headers = { accept: 'text/event-stream', 'mcp-session-id': session, 'mcp-protocol-version': REVISION };
  const sent = request(cluster.manager.url, { headers, agent: false });
  sent.on('error', () => undefined);
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`no stream: HTTP ${response.statusCode ?? 0}`);
  response.on('error', () => undefined).resume();
  return sent;
}
