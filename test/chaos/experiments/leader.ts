import type { ChaosCluster } from '../cluster/chaos-cluster.ts';
import type { ManagerProcess } from '../cluster/manager-process.ts';
import { atLeast, atMost, exactly, type Experiment, type Lab } from '../experiment.ts';
import { quick, slowRead } from '../workloads/call-plan.ts';
import { SteadyLoad } from '../workloads/load.ts';
import { machineMs, pause, soon } from '../workloads/time.ts';
import { statelessClients } from './clients.ts';
import { allAnswered, failures } from './outcomes.ts';

const LIMIT_MS = 5_000;
const NEW_LEADER_MS = 5_000;
/** Longer than the lease of three seconds, and than the others need to notice. */
const ASLEEP_MS = 6_000;

export const leaderKilled: Experiment = {
  id: '11',
  title: 'kill -9 of the manager that leads, of two, under load on the other',
  expected: 'no call of the other one fails; it leads within 5 s',
  run: async (lab) => {
    const { cluster, leader, other, token } = await twoManagers(lab);
    const load = steady(lab, other);
    await pause(1_000);
    const at = await leader.kill();
    const next = await newLeader(other);
    await pause(2_000);
    const calls = await load.stop();
    lab.note('failures', failures(calls));
    return [
      atMost('a new leader', (next?.at ?? Number.NaN) - at, NEW_LEADER_MS, 'ms'),
      atLeast('its token above the old one', (next?.token ?? 0) - token, 1),
      atLeast('calls', calls.length, 50),
      allAnswered('calls that failed', calls),
      lab.checked(cluster),
    ];
  },
};

export const leaderAsleep: Experiment = {
  id: '12',
  title: 'the manager that leads sleeps longer than its lease (SIGSTOP), and goes on',
  expected: 'another one leads within 5 s; never two at once; the old one does not lead with its old token',
  run: async (lab) => {
    const { cluster, leader, other, token } = await twoManagers(lab);
    const load = steady(lab, other);
    const at = leader.freeze();
    const next = await newLeader(other);
    await pause(Math.max(0, ASLEEP_MS - (machineMs() - at)));
    leader.thaw();
    const seen = { both: 0, stale: 0, looks: 0 };
    const until = machineMs() + 4_000;
    while (machineMs() < until) {
      // The one that slept is asked first: what it says is older than what the other says.
      const [old, now] = [await leadership(leader), await leadership(other)];
      seen.looks += 1;
      if (old.leads && now.leads) seen.both += 1;
      if (old.leads && (old.token ?? 0) <= token) seen.stale += 1;
      await pause(50);
    }
    const calls = await load.stop();
    lab.note('failures', failures(calls));
    return [
      atMost('a new leader', (next?.at ?? Number.NaN) - at, NEW_LEADER_MS, 'ms'),
      atLeast('its token above the old one', (next?.token ?? 0) - token, 1),
      atLeast('looks at both', seen.looks, 20),
      exactly('looks that saw two leaders', seen.both, 0),
      exactly('looks that saw the old term', seen.stale, 0),
      allAnswered('calls that failed', calls),
      lab.checked(cluster),
    ];
  },
};

interface Leads {
  readonly leads: boolean;
  readonly token?: number;
}

async function leadership(manager: ManagerProcess): Promise<Leads> {
  return (await manager.admin('leader')) as Leads;
}

async function twoManagers(
  lab: Lab,
): Promise<{ cluster: ChaosCluster; leader: ManagerProcess; other: ManagerProcess; token: number }> {
  const cluster = await lab.start({ nodes: 2, managers: 2 });
  const found = await soon(10_000, async () => {
    const views = await Promise.all(cluster.managers.map(leadership));
    return views.some(({ leads }) => leads) ? views : undefined;
  });
  const leaders = cluster.managers.filter((_manager, at) => found?.[at]?.leads === true);
  const [leader] = leaders;
  const other = cluster.managers.find((manager) => manager !== leader);
  if (leader === undefined || other === undefined || leaders.length > 1)
    throw new Error(`${leaders.length} of two managers lead`);
  return { cluster, leader, other, token: (await leadership(leader)).token ?? 0 };
}

async function newLeader(manager: ManagerProcess): Promise<{ at: number; token: number } | undefined> {
  return soon(15_000, async () => {
    const { leads, token = 0 } = await leadership(manager);
    return leads ? { at: machineMs(), token } : undefined;
  });
}

function steady(lab: Lab, manager: ManagerProcess): SteadyLoad {
  const clients = statelessClients(8, [manager.url], lab.history);
  return new SteadyLoad(25, lab.rng, (n) => {
    const client = clients[n % clients.length];
    if (client === undefined) throw new Error('no client');
    return client.call(n % 5 === 0 ? slowRead(5, 100, LIMIT_MS) : quick(LIMIT_MS));
  });
}
