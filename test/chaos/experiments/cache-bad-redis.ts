import { redisCommands } from '@mcp-cluster/testkit/redis';
import { looked, startCached, usedAgain, wrote, type CachedCluster } from '../cluster/cached-cluster.ts';
import { freePorts } from '../cluster/free-ports.ts';
import { atLeast, atMost, exactly, type Claim, type Experiment, type Lab } from '../experiment.ts';
import { quick } from '../workloads/call-plan.ts';
import { LookupLoad } from '../workloads/lookup-load.ts';
import { machineMs, pause } from '../workloads/time.ts';
import type { SessionClient } from '../workloads/session-client.ts';
import { sessionClients } from './clients.ts';
import { allAnswered, begunIn, failures, longest } from './outcomes.ts';

const LIMIT_MS = 5_000;
const HANG_MS = 1_000;
const BACK_MS = 10_000;
const SECRET = 'never-to-be-logged';
/** Lines above info of one node about one fault: that it began, that it is over, and its changes in between. */
const LINES = 10;
/** Of an answer: it is compressed. */
const BYTES = 20_000;
/** What others write into it again and again while it evicts: some megabytes, of which it has room for two. */
const OTHERS =
  "EVAL \"for n = 1, 20 do redis.call('SET', 'others:' .. math.random(200), string.rep('x', 50000)) end\" 0";
const ROOM = '3mb';

interface Fault {
  readonly what: string;
  readonly begin: () => Promise<readonly string[]>;
  readonly end: readonly string[];
  /** Sent every 50 ms until its end. */
  readonly meanwhile?: string;
  /** The level takes or gives nothing, and that is counted; otherwise it goes on. */
  readonly fails: boolean;
}

const commands =
  (...lines: string[]) =>
  (): Promise<readonly string[]> =>
    Promise.resolve(lines);

const FAULTS: readonly Fault[] = [
  {
    what: 'out of memory (noeviction)',
    begin: commands('CONFIG SET maxmemory 1'),
    end: ['CONFIG SET maxmemory 0'],
    fails: true,
  },
  {
    what: 'refuses the password',
    begin: commands('CONFIG SET requirepass another', 'CLIENT KILL TYPE normal SKIPME yes'),
    end: [`CONFIG SET requirepass ${SECRET}`],
    fails: true,
  },
  {
    what: 'read-only (READONLY)',
    // Its primary does not exist: it serves what it has and refuses writes.
    begin: async () => [`REPLICAOF 127.0.0.1 ${String((await freePorts(1))[0])}`],
    end: ['REPLICAOF NO ONE'],
    fails: true,
  },
  { what: 'forgets its scripts', begin: commands('SCRIPT FLUSH'), end: [], fails: false },
  {
    what: 'evicts all the time (allkeys-lru)',
    begin: commands('CONFIG SET maxmemory-policy allkeys-lru', `CONFIG SET maxmemory ${ROOM}`),
    meanwhile: OTHERS,
    end: ['CONFIG SET maxmemory 0', 'CONFIG SET maxmemory-policy noeviction'],
    fails: false,
  },
];

export const cacheBadRedis: Experiment = {
  id: '9-cache',
  title:
    'the cache’s Redis out of memory, with a wrong password, read-only, without its scripts, evicting all the time; the state in another one',
  expected: 'no call fails, no session is lost, the errors are counted, few lines are logged, no process ends',
  run: async (lab) => {
    const cached = await startCached(lab, {
      nodes: 2,
      cacheRedisArgs: ['--requirepass', SECRET],
      credentials: `:${SECRET}`,
    });
    const { cluster, client } = cached;
    const sessions = await sessionClients(4, cluster.urls, lab.history);
    const load = new LookupLoad(
      { client, history: lab.history, rng: lab.rng },
      { perSecond: 60, bytes: BYTES, limitMs: LIMIT_MS },
    );
    await pause(1_000);
    const claims: Claim[] = [];
    for (const fault of FAULTS) claims.push(...(await suffer(lab, cached, load, sessions, fault)));
    const calls = await load.stop();
    lab.note('failures', failures(calls));
    const logs = cluster.nodes.flatMap(({ lives }) => lives.map(({ output }) => output)).join('\n');
    const evicted = Number(/evicted_keys:(\d+)/.exec(await tell(cached, ['INFO stats']))?.[1] ?? Number.NaN);
    return [
      ...claims,
      atLeast('keys that Redis evicted', evicted, 100),
      allAnswered('calls that failed', calls),
      exactly('wrong answers', client.wrong.length, 0),
      exactly('processes that ended', cluster.members.filter(({ runs, lives }) => !runs || lives.length > 1).length, 0),
      exactly('passwords in the logs', logs.includes(SECRET) ? 1 : 0, 0),
      lab.checked(cluster),
    ];
  },
};

async function suffer(
  lab: Lab,
  cached: CachedCluster,
  load: LookupLoad,
  sessions: readonly SessionClient[],
  { what, begin, meanwhile, end, fails }: Fault,
): Promise<Claim[]> {
  const { nodes } = cached.cluster;
  const errors = async (): Promise<number> =>
    (await looked(nodes, 'l2', 'error', 'skipped')) + (await wrote(nodes, 'l2', 'error', 'skipped', 'refused'));
  const [errorsBefore, linesBefore] = [await errors(), warnings(cached)];
  const from = machineMs();
  await tell(cached, await begin());
  while (machineMs() - from < (lab.long ? 10_000 : 1_200)) {
    if (meanwhile !== undefined) await tell(cached, [meanwhile]);
    await pause(50);
  }
  const answers = await Promise.all(sessions.map((session) => session.call(quick(LIMIT_MS))));
  const told = (await errors()) - errorsBefore;
  const to = machineMs();
  await tell(cached, end);
  const back = await usedAgain(nodes, 'l2', BACK_MS + 5_000);
  const lines = warnings(cached) - linesBefore;
  lab.note(`${what}: errors that were counted`, told);
  return [
    ...(fails ? [atLeast(`${what}: errors that were counted`, told, 1)] : []),
    atMost(`${what}: longest call`, longest(begunIn([...load.hot, ...load.fresh], from, to)), HANG_MS, 'ms'),
    allAnswered(`${what}: calls of sessions that failed`, answers),
    atMost(`${what}: lines above info`, lines, LINES * nodes.length),
    atMost(
      `${what}: until every node uses it again`,
      back === undefined ? Number.NaN : machineMs() - to,
      BACK_MS,
      'ms',
    ),
  ];
}

function warnings({ cluster }: CachedCluster): number {
  const loud = new Set<unknown>(['warn', 'error', 'fatal']);
  return cluster.nodes.flatMap((node) => node.logs()).filter(({ level }) => loud.has(level)).length;
}

/** Whichever password holds now. */
function tell({ redis }: CachedCluster, lines: readonly string[]): Promise<string> {
  return redisCommands(redis, 'AUTH another', `AUTH ${SECRET}`, ...lines);
}
