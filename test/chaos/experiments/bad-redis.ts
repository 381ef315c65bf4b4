import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '@mcp-cluster/testkit/redis';
import { startCluster } from '../../support/cluster.mjs';
import { ROOT, runs } from '../../support/running.mjs';
import { freePorts } from '../cluster/free-ports.ts';
import { atMost, exactly, type Experiment, type Lab } from '../experiment.ts';
import { appendKeyed, quick } from '../workloads/call-plan.ts';
import { machineMs, pause } from '../workloads/time.ts';
import { statelessClients } from './clients.ts';
import { ended, failures, longest } from './outcomes.ts';

const LIMIT_MS = 5_000;
const SECRET = 'never-to-be-logged';

interface BadRedis {
  readonly id: string;
  readonly title: string;
  /** Gives the URL that everybody is told. */
  readonly url: (lab: Lab) => Promise<string>;
}

async function withRedis(lab: Lab, args: readonly string[]): Promise<string> {
  const redis = await startRedis(args);
  lab.onEnd(() => redis.stop());
  return redis.url;
}

const BAD: readonly BadRedis[] = [
  {
    id: 'redis-unreachable',
    title: 'Redis cannot be reached at the start',
    url: async () => `redis://:${SECRET}@127.0.0.1:${String((await freePorts(1))[0])}`,
  },
  {
    id: 'redis-password',
    title: 'Redis refuses the password',
    url: async (lab) => {
      const url = await withRedis(lab, ['--requirepass', 'another']);
      return url.replace('redis://', `redis://:${SECRET}@`);
    },
  },
  {
    id: 'redis-readonly',
    title: 'Redis is a replica and takes no writes (READONLY)',
    // Its primary does not exist: it serves what it has and refuses writes.
    url: async (lab) => withRedis(lab, ['--replicaof', '127.0.0.1', String((await freePorts(1))[0])]),
  },
  {
    id: 'redis-full',
    title: 'Redis is out of memory (noeviction)',
    url: (lab) => withRedis(lab, ['--maxmemory', '1', '--maxmemory-policy', 'noeviction']),
  },
];

export const badRedis: readonly Experiment[] = BAD.map(({ id, title, url }) => ({
  id,
  title,
  expected:
    'stateless calls are all answered; what needs the store is refused clearly, at once and without effect; no process dies',
  run: async (lab) => {
    const redisUrl = await url(lab);
    const folder = mkdtempSync(join(tmpdir(), 'mcp-chaos-'));
    lab.onEnd(() => rm(folder, { recursive: true, force: true }));
    const effects = join(folder, 'effects');
    writeFileSync(effects, '');
    // As `npm start` runs it: the manager starts the nodes.
    const began = machineMs();
    const cluster = await startCluster({
      nodes: 2,
      fixtures: false,
      env: { TOOLS_DIR: join(ROOT, 'test', 'chaos', 'tools'), EFFECTS_FILE: effects, REDIS_URL: redisUrl },
    });
    lab.onEnd(() => cluster.stop());
    const startedMs = machineMs() - began;
    const pids = cluster.pids();
    const clients = statelessClients(6, [cluster.url], lab.history);
    const calls = (
      await Promise.all(
        clients.map(async (client) => {
          const records = [];
          for (let turn = 0; turn < 10; turn += 1) {
            records.push(await client.call(quick(LIMIT_MS)));
            await pause(50);
          }
          return records;
        }),
      )
    ).flat();
    const keyed = await Promise.all(
      statelessClients(4, [cluster.url], lab.history, 'key').map((client) =>
        client.call(appendKeyed(`${client.name}-k`, 0, 0, LIMIT_MS)),
      ),
    );
    const session = await trySession(cluster.url);
    const logs = cluster.process.output;
    lab.note('failures of stateless calls', failures(calls));
    lab.note('keyed calls', failures(keyed));
    lab.note('initialize', session);
    lab.note(
      'log lines above info',
      cluster
        .logs()
        .filter(({ level }) => ['warn', 'error', 'fatal'].includes(level))
        .map(({ msg }) => msg)
        .slice(0, 10),
    );
    return [
      atMost('ready', startedMs, 20_000, 'ms'),
      exactly('stateless calls that failed', calls.length - ended(calls, 'result').length, 0, `of ${calls.length}`),
      exactly(
        'calls with a key that were not refused',
        keyed.length - ended(keyed, 'error').length,
        0,
        `of ${keyed.length}`,
      ),
      exactly('effects of calls with a key', readFileSync(effects, 'utf8').length, 0),
      atMost('longest call', longest([...calls, ...keyed]), 1_000, 'ms'),
      exactly('initialize that hung or crashed', session.clear ? 0 : 1, 0),
      exactly('processes that died', pids.filter((pid) => !runs(pid)).length, 0),
      exactly('passwords in the logs', logs.includes(SECRET) ? 1 : 0, 0),
    ];
  },
}));

/** Either it begins, or it is refused with an error that a client understands. */
async function trySession(url: string): Promise<{ clear: boolean; status: number; text: string }> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'late', version: '1' } };
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    signal: AbortSignal.timeout(1_500),
  }).catch(() => undefined);
  if (answer === undefined) return { clear: false, status: 0, text: 'it hung' };
  const text = await answer.text();
  const clear = (answer.ok && text.includes('"result"')) || (!answer.ok && text.includes('"error"'));
  return { clear, status: answer.status, text: text.slice(0, 300) };
}
