import { looked, resting, startCached, usedAgain } from '../cluster/cached-cluster.ts';
import { atLeast, atMost, exactly, type Experiment } from '../experiment.ts';
import { LookupLoad } from '../workloads/lookup-load.ts';
import { machineMs, pause, soon } from '../workloads/time.ts';
import { allAnswered, begunIn, failures, tookP95, tookP99 } from './outcomes.ts';

/** In each direction: an answer takes 200 ms more. */
const DELAY_MS = 100;
const TOOL_MS = 120;
/** Look-ups that a node gives up: two after 100 ms each, and those that were under way beside them. */
const GIVEN_UP_A_NODE = 6;
const RESTS_MS = 2_000;
const ADDED_MS = 50;
/** A look at the metrics costs a node some milliseconds. */
const POLL_MS = 200;
const BACK_MS = 10_000;
const LIMIT_MS = 5_000;

export const cacheRedisSlow: Experiment = {
  id: '8',
  title: 'the cache’s Redis answers 200 ms later',
  expected:
    'the level is left alone; the p99 of a tool that takes 120 ms stays below twice its baseline, hits in L1 notice nothing; then it is used again within 10 s',
  run: async (lab) => {
    const { cluster, network, client } = await startCached(lab, { throughNetwork: true });
    const { nodes } = cluster;
    const parts = { client, history: lab.history, rng: lab.rng };
    const load = new LookupLoad(parts, { perSecond: 75, delayMs: TOOL_MS, limitMs: LIMIT_MS });
    await pause(lab.long ? 10_000 : 1_500);
    const from = machineMs();
    const errors = await looked(nodes, 'l2', 'error');
    network?.slow(DELAY_MS);
    const rests = await soon(
      5_000,
      async () => ((await resting(nodes, 'l2')) === nodes.length ? machineMs() - from : undefined),
      POLL_MS,
    );
    await pause(Math.max(0, from + (lab.long ? 10_000 : 3_500) - machineMs()));
    const givenUp = (await looked(nodes, 'l2', 'error')) - errors;
    const to = machineMs();
    network?.pass();
    const back = await usedAgain(nodes, 'l2', BACK_MS + 5_000);
    const backMs = machineMs() - to;
    const calls = await load.stop();
    const [during, hits] = [begunIn(load.fresh, from, to), begunIn(load.hot, from, to)];
    // What the tool takes without a cache at the same time, and what a hit would be compared with: the machine may be busy.
    const without = begunIn(load.uncached, from, to);
    const [usual, hitsAdded] = [tookP99(without), tookP95(hits) - (tookP95(without) - TOOL_MS)];
    lab.note('p99 of the tool with the cache and without, ms', [tookP99(during), usual]);
    lab.note('p95 of hits, ms', tookP95(hits));
    lab.note('failures', failures(calls));
    return [
      atLeast('calls of the tool meanwhile', during.length, 75),
      atMost('until every node leaves the level alone', rests ?? Number.NaN, RESTS_MS, 'ms'),
      atMost('look-ups that were given up', givenUp, GIVEN_UP_A_NODE * nodes.length),
      atMost('p99 of the tool, at most twice that without a cache', tookP99(during), 2 * usual, 'ms'),
      atMost('p95 of hits in L1 above that of uncached calls, less the tool’s time', hitsAdded, ADDED_MS, 'ms'),
      atMost('until every node uses it again', back === undefined ? Number.NaN : backMs, BACK_MS, 'ms'),
      allAnswered('calls that failed', calls),
      exactly('wrong answers', client.wrong.length, 0),
      lab.checked(cluster),
    ];
  },
};
