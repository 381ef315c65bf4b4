import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { diskStates, looked, startCached, usedAgain, wrote, type CachedCluster } from '../cluster/cached-cluster.ts';
import { atMost, exactly, type Claim, type Experiment, type Lab } from '../experiment.ts';
import { SmallDisk } from '../faults/small-disk.ts';
import type { CallRecord } from '../workloads/history-recorder.ts';
import { SteadyLoad } from '../workloads/load.ts';
import { machineMs, pause, soon } from '../workloads/time.ts';
import { allAnswered, begunIn, failures, longest } from './outcomes.ts';

const LIMIT_MS = 5_000;
const HANG_MS = 1_000;
const MEGABYTES = 8;
const TOLD_MS = 5_000;
/** Tries to open it again are 1 s apart at first, and 8 s after three faults within a minute. */
const BACK_MS = 15_000;
/** Resources that are asked for again and again, and each time one that nobody has asked for. */
const HOT = 20;
/** So that what is asked for again comes from the disk. */
const NODE_ARGS = ['--cache-entries', '1', '--cache-disk-bytes', '16777216'];

export const cacheDisk: Experiment = {
  id: '20',
  title: 'the disk of the cache full, its directory deleted under it, and the disk read-only',
  expected: '0 requests fail; the level says that it does not work, and works again afterwards',
  missing: () => SmallDisk.missing(),
  run: async (lab) => {
    const disk = SmallDisk.mount(MEGABYTES);
    lab.onEnd(() => {
      disk.remove();
      return Promise.resolve();
    });
    const folder = join(disk.path, 'cache');
    const cached = await startCached(lab, {
      nodes: 1,
      nodeArgs: [...NODE_ARGS, '--cache-dir', folder],
      nodeEnv: { CACHE_REDIS_URL: 'none', CACHE_PREFETCH: 'false' },
    });
    const { cluster, client } = cached;
    const node = cluster.node('n1');
    const done: CallRecord[] = [];
    const load = new SteadyLoad(60, lab.rng, async (n) => {
      const key = n % 2 === 0 ? `new-${n}` : `hot-${n % HOT}`;
      const record = await client.look({ of: 'resource', key, limitMs: LIMIT_MS });
      done.push(record);
      return record;
    });
    await pause(1_500);
    const hits = await looked(cluster.nodes, 'l3', 'hit');
    const claims = [
      ...(await suffer(lab, cached, done, 'full', {
        begin: () => {
          disk.fill();
        },
        end: () => {
          disk.free();
        },
      })),
      ...(await suffer(lab, cached, done, 'deleted', {
        begin: () => {
          rmSync(folder, { recursive: true });
        },
        end: () => undefined,
      })),
    ];
    const calls = await load.stop();
    claims.push(...(await readOnlyAtStart(cached, disk, calls)));
    lab.note('failures', failures(calls));
    lab.note('states', diskStates(cluster.nodes));
    return [
      exactly('hits of the disk before', hits > 0 ? 1 : 0, 1),
      ...claims,
      allAnswered('requests that failed', calls),
      exactly('wrong answers', client.wrong.length, 0),
      exactly('lives of the node', node.lives.length, 2),
      lab.checked(cluster),
    ];
  },
};

interface Fault {
  begin(): void;
  end(): void;
}

async function suffer(
  lab: Lab,
  cached: CachedCluster,
  done: readonly CallRecord[],
  what: string,
  { begin, end }: Fault,
): Promise<Claim[]> {
  const { nodes } = cached.cluster;
  const [from, before] = [machineMs(), diskStates(nodes).length];
  const errors = await failed(cached);
  begin();
  const told = await soon(TOLD_MS + 5_000, () => {
    const said = diskStates(nodes).slice(before);
    return Promise.resolve(said.some((state) => state.includes('failing')) ? machineMs() - from : undefined);
  });
  await pause(lab.long ? 5_000 : 500);
  const counted = (await failed(cached)) - errors;
  const to = machineMs();
  end();
  // A look that succeeds, and a write.
  const writes = await wrote(nodes, 'l3', 'ok');
  const back = await usedAgain(nodes, 'l3', BACK_MS);
  const written = await soon(BACK_MS, async () => ((await wrote(nodes, 'l3', 'ok')) > writes ? true : undefined));
  const whole = back === true && written === true ? machineMs() - to : Number.NaN;
  lab.note(`${what}: errors that were counted`, counted);
  return [
    atMost(`${what}: until the level says so`, told ?? Number.NaN, TOLD_MS, 'ms'),
    exactly(`${what}: errors were counted`, counted > 0 ? 1 : 0, 1),
    atMost(`${what}: longest request`, longest(begunIn(done, from, to)), HANG_MS, 'ms'),
    atMost(`${what}: until it works again`, whole, BACK_MS, 'ms'),
  ];
}

/** The system makes no disk read-only on which a file is open for writing: the node is killed and started meanwhile. */
async function readOnlyAtStart(cached: CachedCluster, disk: SmallDisk, calls: CallRecord[]): Promise<Claim[]> {
  const { cluster, client } = cached;
  const node = cluster.node('n1');
  await node.kill();
  disk.setReadOnly(true);
  await node.start();
  await cluster.whole();
  const look = async (): Promise<void> => {
    for (let n = 0; n < HOT; n += 1)
      calls.push(await client.look({ of: 'resource', key: `hot-${n}`, limitMs: LIMIT_MS }));
  };
  await look();
  const said = diskStates(cluster.nodes).at(-1) ?? '';
  disk.setReadOnly(false);
  const from = machineMs();
  const back = await soon(BACK_MS, async () => {
    await look();
    return (await looked(cluster.nodes, 'l3', 'hit')) > 0 ? machineMs() - from : undefined;
  });
  return [
    exactly('read-only: the level says so', said.includes('read-only') ? 1 : 0, 1),
    atMost('read-only: until it works again', back ?? Number.NaN, BACK_MS, 'ms'),
  ];
}

async function failed({ cluster: { nodes } }: CachedCluster): Promise<number> {
  return (await looked(nodes, 'l3', 'error', 'skipped')) + (await wrote(nodes, 'l3', 'error', 'skipped'));
}
