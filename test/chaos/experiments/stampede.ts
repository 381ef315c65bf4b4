import { looked, startCached, type CachedCluster } from '../cluster/cached-cluster.ts';
import type { NodeProcess } from '../cluster/node-process.ts';
import { atLeast, atMost, exactly, type Claim, type Experiment } from '../experiment.ts';
import type { CallRecord } from '../workloads/history-recorder.ts';
import { machineMs, pause, soon } from '../workloads/time.ts';
import { allAnswered, longest } from './outcomes.ts';

const MISSES = 1_000;
/** Long enough that all of them are there before the first one is answered. */
const LOAD_MS = 1_000;
/** What the calls themselves take on a busy machine. */
const CROWD_MS = 4_000;
/** A node that dies holds its claim for so long. */
const LEASE_MS = 1_500;
const LIMIT_MS = 20_000;
const STALE_MS = 600;

export const stampede: Experiment = {
  id: '18',
  title: '1,000 equal misses at once over three nodes; then with the node killed that loads, and without Redis',
  expected:
    'at most 2 loads in the cluster, 1 more when its node dies, 1 a node without Redis; old answers while the source fails',
  run: async (lab) => {
    const cached = await startCached(lab, { managerArgs: ['--routing', 'balanced'] });
    const { cluster, client } = cached;
    await warmUp(cached);
    const claims = [
      ...(await together(cached)),
      ...(await servedOld(cached)),
      ...(await loaderKilled(cached)),
      ...(await withoutRedis(cached)),
    ];
    lab.note('wrong answers', client.wrong.slice(0, 5));
    lab.note(
      'loads',
      cached.source.loads('crowd').map(({ key, pid }) => `${key} ${pid}`),
    );
    return [...claims, exactly('wrong answers', client.wrong.length, 0), lab.checked(cluster)];
  },
};

/** The first calls of a process take longer, and its connections are opened by them. */
async function warmUp({ client }: CachedCluster): Promise<void> {
  for (let at = 0; at < 5; at += 1)
    await client.lookAll(
      Array.from({ length: 20 }, (_none, n) => ({ of: 'lookup', key: `warm-${at}-${n}`, limitMs: LIMIT_MS })),
    );
}

function crowd({ client }: CachedCluster, key: string): Promise<CallRecord[]> {
  return client.lookAll(
    Array.from({ length: MISSES }, () => ({ of: 'lookup', key, delayMs: LOAD_MS, limitMs: LIMIT_MS })),
  );
}

async function together(cached: CachedCluster): Promise<Claim[]> {
  const { nodes } = cached.cluster;
  const before = await Promise.all(nodes.map(asked));
  const calls = await crowd(cached, 'crowd-whole');
  const after = await Promise.all(nodes.map(asked));
  const reached = after.filter((count, at) => count - (before[at] ?? 0) >= MISSES / 10).length;
  return [
    exactly('nodes that were asked by a tenth or more', reached, 3),
    atMost('loads of 1,000 equal misses', cached.source.loads('crowd-whole').length, 2),
    allAnswered('calls that failed', calls),
    atMost('longest call', longest(calls), LOAD_MS + CROWD_MS, 'ms'),
  ];
}

function asked(node: NodeProcess): Promise<number> {
  return looked([node], 'l1', 'hit', 'miss', 'stale');
}

/** The source fails after the entry's time is over. */
async function servedOld({ client, source }: CachedCluster): Promise<Claim[]> {
  const look = () =>
    client.lookAll(Array.from({ length: 30 }, () => ({ of: 'short_lookup', key: 'old', limitMs: LIMIT_MS })));
  const first = await look();
  await pause(STALE_MS);
  source.down();
  const meanwhile = await look();
  source.up();
  const again = await look();
  const text = (call: CallRecord | undefined): string => call?.outcome?.text ?? '';
  const known = new Set(first.map(text));
  return [
    allAnswered('calls that failed while the source did', meanwhile),
    exactly('old answers while the source failed', meanwhile.filter((call) => known.has(text(call))).length, 30),
    atLeast('new answers afterwards', again.filter((call) => !known.has(text(call))).length, 1),
  ];
}

async function loaderKilled(cached: CachedCluster): Promise<Claim[]> {
  const { cluster, source } = cached;
  const key = 'crowd-orphaned';
  const began = crowd(cached, key);
  const loader = await soon(LIMIT_MS, () => Promise.resolve(source.loads(key)[0]));
  await pause(LOAD_MS / 2);
  const victim = cluster.nodes.find(({ pid }) => pid === loader?.pid);
  if (victim === undefined) throw new Error('nobody loads');
  const loadsBefore = source.loads(key).length;
  await victim.kill();
  const calls = await began;
  await victim.start();
  await cluster.whole();
  return [
    atMost('loads after the node that loaded was killed', source.loads(key).length - loadsBefore, 1),
    allAnswered('calls that failed when it was killed', calls),
    atMost('longest call when it was killed', longest(calls), LOAD_MS + LEASE_MS + LOAD_MS + CROWD_MS, 'ms'),
  ];
}

async function withoutRedis(cached: CachedCluster): Promise<Claim[]> {
  const { cluster, redis, source } = cached;
  const began = machineMs();
  await redis.kill();
  const calls = await crowd(cached, 'crowd-alone');
  return [
    atMost('loads without Redis', source.loads('crowd-alone').length, cluster.nodes.length),
    allAnswered('calls that failed without Redis', calls),
    atMost('longest call without Redis', machineMs() - began, LOAD_MS + CROWD_MS, 'ms'),
  ];
}
