import { looked, startCached, usedAgain, type CachedCluster } from '../cluster/cached-cluster.ts';
import { atLeast, atMost, exactly, type Claim, type Experiment, type Lab } from '../experiment.ts';
import { LookupLoad } from '../workloads/lookup-load.ts';
import { machineMs, pause } from '../workloads/time.ts';
import { allAnswered, begunIn, failures, longest, tookP95 } from './outcomes.ts';

const LIMIT_MS = 5_000;
/** What a call may lose. */
const LOST_MS = 250;
/** Look-ups that a node gives up: two after 100 ms each, and those that were under way beside them. */
const GIVEN_UP_A_NODE = 6;
/** After it nobody loses anything. */
const SETTLED_MS = 1_000;
const ADDED_MS = 50;
const BACK_MS = 10_000;

interface Outage {
  readonly what: string;
  begin(cached: CachedCluster): unknown;
  end(cached: CachedCluster): unknown;
}

const OUTAGES: readonly Outage[] = [
  {
    what: 'hung',
    begin: ({ redis }) => {
      redis.signal('SIGSTOP');
    },
    end: ({ redis }) => {
      redis.signal('SIGCONT');
    },
  },
  { what: 'killed', begin: ({ redis }) => redis.kill(), end: ({ redis }) => redis.restart() },
];

export const cacheRedisLost: Experiment = {
  id: '7-cache',
  title: 'the cache’s Redis hangs (SIGSTOP), and is killed, under a load of cached calls',
  expected: 'reads go on; a call loses 250 ms at most, once; then nothing is lost; the level is used again within 10 s',
  run: async (lab) => {
    const cached = await startCached(lab);
    const parts = { ...cached, history: lab.history, rng: lab.rng };
    const load = new LookupLoad(parts, { perSecond: 60, limitMs: LIMIT_MS });
    // The first calls of a process take longer.
    await pause(1_000);
    const claims: Claim[] = [];
    for (const outage of OUTAGES) claims.push(...(await suffer(lab, cached, load, outage)));
    const calls = await load.stop();
    lab.note('failures', failures(calls));
    lab.note('wrong answers', cached.client.wrong.slice(0, 5));
    return [
      ...claims,
      allAnswered('calls that failed', calls),
      exactly('wrong answers', cached.client.wrong.length, 0),
      lab.checked(cached.cluster),
    ];
  },
};

async function suffer(
  lab: Lab,
  cached: CachedCluster,
  load: LookupLoad,
  { what, begin, end }: Outage,
): Promise<Claim[]> {
  const { nodes } = cached.cluster;
  const givenUp = (): Promise<number> => looked(nodes, 'l2', 'error');
  const [errors, from] = [await givenUp(), machineMs()];
  await begin(cached);
  await pause(SETTLED_MS);
  const [settledAt, errorsAtFirst] = [machineMs(), await givenUp()];
  await pause(lab.long ? 10_000 : 2_500);
  const [errorsThen, to] = [await givenUp(), machineMs()];
  await end(cached);
  const back = await usedAgain(nodes, 'l2', BACK_MS + 5_000);
  const backMs = machineMs() - to;
  const cachedCalls = [...load.hot, ...load.fresh];
  const [first, settled] = [begunIn(cachedCalls, from, settledAt), begunIn(cachedCalls, settledAt, to)];
  // What other calls took at the same time: the machine may be busy.
  const [firstOthers, others] = [begunIn(load.uncached, from, settledAt), begunIn(load.uncached, settledAt, to)];
  lab.note(`${what}: p95 at first and then, of cached calls and of others, ms`, [
    [first, settled].map(tookP95),
    [firstOthers, others].map(tookP95),
  ]);
  return [
    atLeast(`${what}: calls meanwhile`, first.length + settled.length, 100),
    atMost(`${what}: look-ups that were given up`, errorsAtFirst - errors, GIVEN_UP_A_NODE * nodes.length),
    exactly(`${what}: look-ups that were given up after the first second`, errorsThen - errorsAtFirst, 0),
    atMost(`${what}: most that a call lost`, longest(first) - tookP95(firstOthers), LOST_MS, 'ms'),
    atMost(`${what}: p95 above that of uncached calls, after it`, tookP95(settled) - tookP95(others), ADDED_MS, 'ms'),
    atMost(`${what}: until every node uses it again`, back === undefined ? Number.NaN : backMs, BACK_MS, 'ms'),
  ];
}
