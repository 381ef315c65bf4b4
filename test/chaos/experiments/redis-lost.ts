import type { ChaosCluster } from '../cluster/chaos-cluster.ts';
import { atLeast, atMost, exactly, type Claim, type Experiment, type Lab } from '../experiment.ts';
import { quick, slowRead } from '../workloads/call-plan.ts';
import { SteadyLoad } from '../workloads/load.ts';
import { machineMs, pause, soon } from '../workloads/time.ts';
import type { SessionClient } from '../workloads/session-client.ts';
import { sessionClients, statelessClients } from './clients.ts';
import { allAnswered, begunIn, failures, longest, tookP99 } from './outcomes.ts';

/** Nothing hangs longer than this while there is no store. */
const HANG_MS = 1_000;
const WHOLE_AGAIN_MS = 5_000;
const LIMIT_MS = 5_000;
/** What the 99th percentile of stateless calls may rise by. */
const ADDED_MS = 50;
/** One in so many calls takes its time, and is not among those whose time is compared. */
const SLOW_ONE_OF = 10;

interface Outage {
  begin(cluster: ChaosCluster): void | Promise<void>;
  end(cluster: ChaosCluster): void | Promise<void>;
}

const short = (lab: Lab): number => (lab.long ? 30_000 : 5_000);

export const redisKilled: Experiment = {
  id: '6',
  title: 'Redis killed under load, and started again empty',
  expected:
    'stateless calls all answered, p99 + < 50 ms; nothing hangs over 1 s; managers and nodes stay ready; whole again < 5 s',
  run: (lab) => outage(lab, { begin: ({ redis }) => redis.kill(), end: ({ redis }) => redis.restart() }),
};

export const redisHung: Experiment = {
  id: '7',
  title: 'Redis hangs (SIGSTOP) under load, and goes on',
  expected: 'as in 6: each call loses 250 ms at most, then the breaker is open',
  run: (lab) =>
    outage(lab, {
      begin: ({ redis }) => {
        redis.signal('SIGSTOP');
      },
      end: ({ redis }) => {
        redis.signal('SIGCONT');
      },
    }),
};

async function outage(lab: Lab, { begin, end }: Outage): Promise<Claim[]> {
  const cluster = await lab.start();
  const stateless = statelessClients(10, cluster.urls, lab.history);
  const sessions = await sessionClients(8, cluster.urls, lab.history);
  const load = new SteadyLoad(40, lab.rng, (n) => {
    const client = stateless[n % stateless.length];
    if (client === undefined) throw new Error('no client');
    return client.call(n % SLOW_ONE_OF === 0 ? slowRead(3, 50, LIMIT_MS) : quick(LIMIT_MS));
  });
  await pause(lab.long ? 10_000 : 3_000);
  const from = machineMs();
  await begin(cluster);
  const readiness = { asked: 0, unready: 0 };
  const sessionCalls: number[] = [];
  let refused = 0;
  while (machineMs() - from < short(lab)) {
    for (const session of sessions) {
      const { answered, ms } = await tryCall(session);
      sessionCalls.push(ms);
      if (!answered) refused += 1;
    }
    for (const member of cluster.members) {
      readiness.asked += 1;
      const ready = await fetch(`${member.managementUrl}/readyz`).catch(() => undefined);
      if (ready?.ok !== true) readiness.unready += 1;
      await ready?.text();
    }
    await pause(200);
  }
  const ended = machineMs();
  await end(cluster);
  const whole = await soon(15_000, async () => {
    const calls = await Promise.all(sessions.map(tryCall));
    return calls.every(({ answered }) => answered) ? machineMs() - ended : undefined;
  });
  await pause(1_000);
  const calls = await load.stop();
  const quickOnes = calls.filter((_call, n) => n % SLOW_ONE_OF !== 0);
  const before = begunIn(quickOnes, 0, from);
  const during = begunIn(quickOnes, from, ended);
  lab.note('failures', failures(calls));
  lab.note('calls of sessions in the outage', { made: sessionCalls.length, refused });
  lab.note('p99 before and during, ms', [tookP99(before), tookP99(during)]);
  return [
    atLeast('stateless calls in the outage', during.length, 50),
    allAnswered('stateless calls that failed', calls),
    atMost('added to their p99', tookP99(during) - tookP99(before), ADDED_MS, 'ms'),
    atMost('longest stateless call', longest(during), HANG_MS, 'ms'),
    atMost('longest call of a session', Math.max(...sessionCalls), HANG_MS, 'ms'),
    exactly('answers that a process is not ready', readiness.unready, 0),
    atMost('sessions whole again', whole ?? Number.NaN, WHOLE_AGAIN_MS, 'ms'),
    lab.checked(cluster),
  ];
}

/** A call outside of the history: it may be refused while there is no store, but not hang. */
async function tryCall(session: SessionClient): Promise<{ answered: boolean; ms: number }> {
  const began = machineMs();
  const body = {
    jsonrpc: '2.0',
    id: `try-${Math.round(began)}`,
    method: 'tools/call',
    params: { name: 'slow_read', arguments: { tag: 'outage', steps: 0, stepMs: 0 }, _meta: { progressToken: 1 } },
  };
  const headers = {
    ...session.headers,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  try {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const url = session.urls[0] ?? '';
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
    const text = await answer.text();
    return { answered: answer.ok && text.includes('"result"'), ms: machineMs() - began };
  } catch {
    return { answered: false, ms: machineMs() - began };
  }
}
