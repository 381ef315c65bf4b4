import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomInt } from '@mcp-cluster/kernel';
import { diskStates, looked, startCached, wrote, type CachedCluster } from '../cluster/cached-cluster.ts';
import { atLeast, exactly, type Claim, type Experiment, type Lab } from '../experiment.ts';
import { flipAnywhere, flipIn } from '../faults/file-damage.ts';
import { countEntries, damageEntries, forgetEntries, type Damage } from '../faults/redis-damage.ts';
import type { CallRecord } from '../workloads/history-recorder.ts';
import type { Lookup } from '../workloads/lookup-client.ts';
import { soon } from '../workloads/time.ts';
import { allAnswered, failures } from './outcomes.ts';

const LIMIT_MS = 5_000;
/** Calls at once: many together take a level's time, and it counts as slow. */
const AT_ONCE = 4;
const DAMAGES: readonly Damage[] = ['flipped bits', 'cut off', 'another version', 'swapped'];
/** The first level has room for one entry, so that what lies further away is asked for. */
const NODE_ARGS = ['--cache-entries', '1', '--cache-disk-bytes', '16777216'];
/** Loads are counted. */
const NODE_ENV = { CACHE_PREFETCH: 'false' };

export const cacheDamaged: Experiment = {
  id: '19',
  title:
    'entries damaged in Redis (bits, cut off, another version, swapped) and on the disk (bits, after kill -9), one node',
  expected: '0 bad answers; what is damaged is counted, and loaded again',
  run: async (lab) => {
    const folder = mkdtempSync(join(tmpdir(), 'mcp-chaos-cache-'));
    lab.onEnd(() => rm(folder, { recursive: true, force: true }));
    const cached = await startCached(lab, {
      nodes: 1,
      nodeArgs: [...NODE_ARGS, '--cache-dir', folder],
      nodeEnv: NODE_ENV,
    });
    const count = lab.long ? 200 : 40;
    const calls: CallRecord[] = [];
    const claims: Claim[] = [];
    for (const damage of DAMAGES) claims.push(...(await inRedis(lab, cached, damage, count, calls)));
    claims.push(...(await onDisk(lab, cached, folder, count, calls)));
    const { cluster, client } = cached;
    lab.note('failures', failures(calls));
    lab.note('wrong answers', client.wrong.slice(0, 5));
    return [
      ...claims,
      exactly('wrong answers', client.wrong.length, 0, `of ${calls.length}`),
      allAnswered('calls that failed', calls),
      lab.checked(cluster),
    ];
  },
};

async function inRedis(
  lab: Lab,
  cached: CachedCluster,
  damage: Damage,
  count: number,
  calls: CallRecord[],
): Promise<Claim[]> {
  const { cluster, redis, source } = cached;
  await forgetEntries(redis);
  const prefix = `${damage.replaceAll(' ', '-')}-`;
  // Short ones and such as are worth to be compressed.
  const lookups = keys(prefix, count).map((key, n): Lookup => ({
    ...{ of: 'lookup', key, limitMs: LIMIT_MS },
    bytes: n % 2 === 0 ? 60 : 20_000,
  }));
  // On a busy machine the level may rest for a second.
  const there = await soon(10_000, async () => {
    await lookAtAll(cached, lookups, calls);
    return (await countEntries(redis)) >= count ? true : undefined;
  });
  const damaged = await damageEntries(redis, damage, randomInt(lab.rng, 1_000_000));
  const before = { ...(await found(cached, 'l2')), loads: source.loads(prefix).length };
  await lookAtAll(cached, lookups, calls);
  const after = await found(cached, 'l2');
  const loads = source.loads(prefix).length - before.loads;
  const seen = { damaged, loads, corrupt: after.corrupt - before.corrupt, foreign: after.foreign - before.foreign };
  lab.note(`L2, ${damage}`, { ...seen, there: there === true, nodes: cluster.nodes.length });
  const how = damage === 'another version' || damage === 'swapped' ? 'foreign' : 'corrupt';
  return [
    exactly(`L2, ${damage}: entries that were damaged`, damaged, count),
    atLeast(`L2, ${damage}: counted as ${how}`, seen[how], count / 4),
  ];
}

/** Asks for all of them, some at a time. */
async function lookAtAll({ client }: CachedCluster, lookups: readonly Lookup[], calls: CallRecord[]): Promise<void> {
  for (let at = 0; at < lookups.length; at += AT_ONCE)
    calls.push(...(await client.lookAll(lookups.slice(at, at + AT_ONCE))));
}

async function onDisk(
  lab: Lab,
  cached: CachedCluster,
  folder: string,
  count: number,
  calls: CallRecord[],
): Promise<Claim[]> {
  const { cluster } = cached;
  const node = cluster.node('n1');
  const files = ['', '-wal'].map((suffix) => join(folder, `cache-level.sqlite${suffix}`)).filter(existsSync);
  const names = keys('on-disk-', count);
  const lookups = names.map((key): Lookup => ({ of: 'resource', key, limitMs: LIMIT_MS }));
  await lookAtAll(cached, lookups, calls);
  const kept = await soon(5_000, async () => ((await wrote(cluster.nodes, 'l3', 'ok')) >= count ? true : undefined));
  await node.kill();
  let places = 0;
  for (const name of names.filter((_name, n) => n % 2 === 0))
    for (const file of files.slice(0, 1)) places += flipIn(file, `${name} `, lab.rng);
  // What is shared would hide what the disk has.
  await node.start({ CACHE_REDIS_URL: 'none' });
  await cluster.whole();
  await lookAtAll(cached, lookups, calls);
  const bodies = await found(cached, 'l3');
  await node.kill();
  for (const file of files) flipAnywhere(file, lab.long ? 5_000 : 500, lab.rng);
  await node.start({ CACHE_REDIS_URL: 'none' });
  await cluster.whole();
  // What was lost is loaded again and kept again, as soon as the level works.
  const again = await soon(
    10_000,
    async () => {
      await lookAtAll(cached, lookups, calls);
      return (await looked(cluster.nodes, 'l3', 'hit')) >= count ? true : undefined;
    },
    500,
  );
  const anywhere = await found(cached, 'l3');
  lab.note('L3', { kept: kept === true, places, bodies, anywhere, states: diskStates(cluster.nodes) });
  return [
    atLeast('L3: damaged bodies', places, 1),
    atLeast('L3: counted as corrupt', bodies.corrupt, 1),
    atLeast('L3: hits beside them', bodies.hit, 1),
    exactly('L3, with bits flipped anywhere: it works at the end', again === true ? 1 : 0, 1),
  ];
}

function keys(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_none, n) => `${prefix}${n}`);
}

async function found({ cluster }: CachedCluster, level: 'l2' | 'l3') {
  const of = (result: string): Promise<number> => looked(cluster.nodes, level, result);
  return { corrupt: await of('corrupt'), foreign: await of('foreign'), hit: await of('hit'), error: await of('error') };
}
