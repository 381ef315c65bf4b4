import { atLeast, exactly, type Experiment } from '../experiment.ts';
import { TcpProxy } from '../faults/tcp-proxy.ts';
import { slowRead } from '../workloads/call-plan.ts';
import { pause } from '../workloads/time.ts';
import { sessionClients, spreadOver } from './clients.ts';
import { ended, failures } from './outcomes.ts';
import { busiest } from './takeover.ts';

const LIMIT_MS = 20_000;

export const redisTailLost: Experiment = {
  id: '29',
  title: 'Redis comes back empty under sessions’ streams, their connections are cut, and a node dies',
  expected: 'a place that nobody knows any more is executed again or refused with one clear error; never a silent gap',
  run: async (lab) => {
    const cluster = await lab.start();
    const front = await TcpProxy.to(Number(new URL(cluster.manager.url).port));
    lab.onEnd(() => front.close());
    const url = `http://127.0.0.1:${front.port}/mcp`;
    const sessions = await sessionClients(lab.long ? 40 : 18, [url], lab.history);
    const reads = spreadOver(
      lab.rng,
      400,
      sessions.map((client) => () => client.call(slowRead(30, 100, LIMIT_MS))),
    );
    await pause(1_200 + lab.rng.next() * 400);
    const victim = await busiest(cluster.nodes);
    await cluster.redis.restart();
    // At once, before anything can be sent again, for some; a little later for others.
    await pause(lab.rng.next() * 600);
    front.reset();
    await victim.kill();
    const records = await reads;
    const refusals = lab.history.events.filter((event) => event.event === 'resumed' && event.status !== 200);
    const resumes = lab.history.events.filter(({ event }) => event === 'resumed').length;
    lab.note(
      'results, errors, given up',
      (['result', 'error', 'lost'] as const).map((how) => ended(records, how).length),
    );
    lab.note('failures', failures(records));
    lab.note('resumes, and those that were refused', [resumes, refusals.length]);
    return [
      atLeast('streams that were resumed', resumes, 1),
      atLeast('calls that ended with a result', ended(records, 'result').length, 1),
      exactly('calls that hung', ended(records, 'lost').filter(({ tookMs }) => tookMs > LIMIT_MS).length, 0),
      // A refused place is told to the client, which then knows that it has no answer.
      lab.checked(cluster, { mayAbandon: true, mayFail: () => true }),
    ];
  },
};
