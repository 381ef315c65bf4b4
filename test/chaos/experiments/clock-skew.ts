import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, exactly, type Experiment } from '../experiment.ts';
import { appendKeyed, quick, slowRead } from '../workloads/call-plan.ts';
import { SteadyLoad } from '../workloads/load.ts';
import { pause } from '../workloads/time.ts';
import { ChaosCluster } from '../cluster/chaos-cluster.ts';
import { sessionClients, spreadOver, statelessClients } from './clients.ts';
import { allAnswered, failures } from './outcomes.ts';

const LIMIT_MS = 15_000;
const HOUR = 3_600;

/** Debian's package `faketime` puts it below the folder of the machine's architecture. */
function findFakeTime(): string | undefined {
  const folders = ['/usr/lib', '/usr/local/lib', '/usr/lib64'].filter((folder) => existsSync(folder));
  const nested = folders.flatMap((folder) => [folder, ...readdirSync(folder).map((name) => join(folder, name))]);
  return nested.map((folder) => join(folder, 'faketime', 'libfaketimeMT.so.1')).find((path) => existsSync(path));
}

export const clockSkew: Experiment = {
  id: '23',
  title: 'the wall clocks of the nodes are an hour ahead, an hour behind, and jumping; then one dies',
  expected: 'no lease is stolen, no session expires, events stay in their order, and failover works',
  missing: () => (findFakeTime() === undefined ? 'libfaketime is missing: apt-get install faketime' : undefined),
  run: async (lab) => {
    const cluster = await ChaosCluster.prepare({ nodes: 3 });
    lab.onEnd(() => cluster.stop());
    const clock = cluster.file('clock', `+${HOUR}\n`);
    // A monotonic clock cannot be wrong in that way on a real machine.
    const fake = { LD_PRELOAD: findFakeTime() ?? '', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    const clocks = [
      { ...fake, FAKETIME: `+${HOUR}` },
      { ...fake, FAKETIME: `-${HOUR}` },
      { ...fake, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1' },
    ];
    await Promise.all(cluster.nodes.map((node, at) => node.start(clocks[at])));
    await cluster.manager.start();
    await cluster.whole();

    const sessions = await sessionClients(9, cluster.urls, lab.history);
    const keyed = statelessClients(6, cluster.urls, lab.history, 'key');
    const clients = statelessClients(6, cluster.urls, lab.history);
    const load = new SteadyLoad(20, lab.rng, (n) => {
      const client = clients[n % clients.length];
      if (client === undefined) throw new Error('no client');
      return client.call(quick(LIMIT_MS));
    });
    let outOfRotation = 0;
    const watch = async (): Promise<void> => {
      const states = await cluster.manager.nodes();
      outOfRotation += states.filter(({ state }) => state !== 'ready').length;
    };
    const reads = spreadOver(
      lab.rng,
      300,
      sessions.map((client) => () => client.call(slowRead(40, 100, LIMIT_MS))),
    );
    const writes = spreadOver(
      lab.rng,
      300,
      keyed.map((client) => () => client.call(appendKeyed(`${client.name}-k`, 1_000, 1_000, LIMIT_MS))),
    );
    for (const offset of [-HOUR, 2 * HOUR, 0, -2 * HOUR]) {
      writeFileSync(clock, `${offset < 0 ? '' : '+'}${offset}\n`);
      await pause(500);
      await watch();
    }
    const beforeDeath = outOfRotation;
    await cluster.node('n2').kill();
    const records = [...(await reads), ...(await writes)];
    const late = await Promise.all(sessions.map((client) => client.call(quick(LIMIT_MS))));
    const calls = await load.stop();
    lab.note('failures', failures([...records, ...late, ...calls]));
    const isRead = ({ client }: { client: string }): boolean => !client.startsWith('key');
    return [
      exactly('nodes that were out of rotation', beforeDeath, 0),
      allAnswered('reads without a result', records.filter(isRead)),
      allAnswered('sessions that were lost', late),
      atLeast('short calls', calls.length, 20),
      allAnswered('short calls that failed', calls),
      lab.checked(cluster),
    ];
  },
};
