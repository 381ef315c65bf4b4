import { atLeast, exactly, percentile, type Experiment } from '../experiment.ts';
import { appendKeyed, keyedRead, slowRead } from '../workloads/call-plan.ts';
import { pause } from '../workloads/time.ts';
import { ask, reply } from './asking.ts';
import { sessionClients, spreadOver, statelessClients } from './clients.ts';
import { allAnswered, ended, failures } from './outcomes.ts';

const LIMIT_MS = 15_000;

export const gatewayKilled: Experiment = {
  id: '28',
  title: 'kill -9 of one of two managers under calls',
  expected:
    'a 2025 client resumes through the other; a 2026-07-28 client sends again with the same key: run once, the stored result, or “unknown” for a write that was cut',
  run: async (lab) => {
    const cluster = await lab.start({ managers: 2 });
    const [first] = cluster.managers;
    const sessions = await sessionClients(lab.long ? 20 : 10, cluster.urls, lab.history);
    const keyed = statelessClients(lab.long ? 20 : 10, cluster.urls, lab.history, 'key');
    const readers = statelessClients(lab.long ? 20 : 10, cluster.urls, lab.history, 'kr');
    const reads = spreadOver(
      lab.rng,
      300,
      sessions.map((client) => () => client.call(slowRead(20, 100, LIMIT_MS))),
    );
    // Some have done their work when the manager dies, some have not.
    const write = ({ name }: { name: string }, at: number) => appendKeyed(`${name}-k`, at * 150, 300, LIMIT_MS);
    const read = ({ name }: { name: string }, at: number) => keyedRead(`${name}-k`, at + 1, 200, LIMIT_MS);
    const works = [
      ...keyed.map((client, at) => [client, write(client, at)] as const),
      ...readers.map((client, at) => [client, read(client, at)] as const),
    ];
    const tries = spreadOver(
      lab.rng,
      300,
      works.map(
        ([client, plan]) =>
          () =>
            client.call(plan),
      ),
    );
    await pause(900 + lab.rng.next() * 300);
    const questions = await Promise.all(['u1', 'u2', 'u3'].map((user) => ask(cluster.manager.url, user)));
    await first?.kill();
    const firstTries = await tries;
    const again = await Promise.all(works.map(([client, plan]) => client.call(plan, 1)));
    const [writesAgain, readsAgain] = [again.slice(0, keyed.length), again.slice(keyed.length)];
    const [, second = ''] = cluster.urls;
    const replies = await Promise.all(questions.map((question, at) => reply(second, `u${at + 1}`, question)));
    const understood = replies.filter((text, at) => text === `${questions[at]?.tag ?? ''} accept: Ada`);
    const records = await reads;
    const resumes = lab.history.events.filter(({ event }) => event === 'resumed').length;
    lab.note('failures of the second tries', failures(again));
    lab.note('resumed, and how long the reads took in ms at p99', [
      resumes,
      percentile(
        records.map(({ tookMs }) => tookMs),
        0.99,
      ),
    ]);
    return [
      atLeast('streams that were resumed', resumes, 1),
      allAnswered('reads without a result', records),
      atLeast('answers that the dead manager took with it', ended(firstTries, 'lost').length, 1),
      allAnswered('second tries of reads without a result', readsAgain),
      exactly('second tries of writes without an answer', ended(writesAgain, 'lost').length, 0),
      atLeast('second tries of writes with the stored result', ended(writesAgain, 'result').length, 1),
      exactly('questions of the dead manager’s, answered at the other one', understood.length, questions.length),
      // The first tries broke with their manager: that is the fault, not a violation.
      lab.checked(cluster, { mayAbandon: true }),
    ];
  },
};
