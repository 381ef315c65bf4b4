import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { atLeast, atMost, exactly, type Experiment } from '../experiment.ts';
import { appendOnce, quick, slowRead } from '../workloads/call-plan.ts';
import { SteadyLoad } from '../workloads/load.ts';
import { machineMs } from '../workloads/time.ts';
import { sdkClients, sessionClients, statelessClients } from './clients.ts';
import { allAnswered, failures } from './outcomes.ts';

const LIMIT_MS = 10_000;
/** What a node may take to end its calls; those here take up to a second. */
const DRAIN_MS = 5_000;

export const rollingRestart: Experiment = {
  id: '4',
  title: 'every node restarted one after the other (SIGTERM) under steady load',
  expected: '0 failed requests, 0 lost sessions; a drain within its time; a listener is told that its stream ends',
  run: async (lab) => {
    const cluster = await lab.start({ nodeArgs: ['--drain-timeout-ms', String(DRAIN_MS)] });
    const stateless = statelessClients(8, cluster.urls, lab.history);
    const sessions = await sessionClients(6, cluster.urls, lab.history);
    const sdks = await sdkClients(3, cluster.manager.url, lab.history);
    lab.onEnd(() => Promise.allSettled([...sdks.map((one) => one.close()), ...sessions.map((one) => one.end())]));
    const listener = await Listener.begin(cluster.manager.url);
    lab.onEnd(() => listener.close());

    const all = [...stateless, ...sessions, ...sdks];
    const plans = [quick(LIMIT_MS), slowRead(5, 100, LIMIT_MS), appendOnce(200, 200, LIMIT_MS), quick(LIMIT_MS)];
    const load = new SteadyLoad(lab.long ? 40 : 25, lab.rng, (n) => {
      const client = all[n % all.length];
      const plan = plans[Math.floor(n / all.length) % plans.length];
      if (client === undefined || plan === undefined) throw new Error('no client');
      return client.call(plan);
    });
    const drains: number[] = [];
    const exits: unknown[] = [];
    for (let round = 0; round < (lab.long ? 10 : 1); round += 1) {
      for (const node of cluster.nodes) {
        const began = machineMs();
        const { code } = await node.terminate();
        drains.push(machineMs() - began);
        if (code !== 0) exits.push({ node: node.name, code });
        await node.start();
        await cluster.whole();
      }
    }
    const calls = await load.stop();
    const last = await Promise.all(sessions.map((session) => session.call(quick(LIMIT_MS))));
    lab.note('failures', failures(calls));
    lab.note('exits', exits);
    lab.note('listener', { began: listener.begun, ended: listener.ends });
    return [
      atLeast('calls', calls.length, 50),
      allAnswered('failed requests', calls),
      allAnswered('lost sessions', last),
      exactly('nodes that did not exit with 0', exits.length, 0),
      atMost('longest drain', Math.max(...drains), DRAIN_MS, 'ms'),
      exactly('listen streams that ended otherwise than gracefully', listener.bad, 0),
      lab.checked(cluster),
    ];
  },
};

/** A client of 2026-07-28 that listens for changes, and listens again whenever its stream is ended. */
class Listener {
  begun = 0;
  readonly ends: string[] = [];
  private closing = false;
  private readonly client: Client;

  private constructor(client: Client) {
    this.client = client;
  }

  static async begin(url: string): Promise<Listener> {
    const client = new Client(
      { name: 'listener', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    const listener = new Listener(client);
    await listener.listen();
    return listener;
  }

  get bad(): number {
    return this.ends.filter((how) => how !== 'graceful').length;
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.client.close();
  }

  private async listen(): Promise<void> {
    const subscription = await this.client.listen({ toolsListChanged: true });
    this.begun += 1;
    subscription.closed.then(
      (how) => {
        if (this.closing) return;
        this.ends.push(how);
        // A refused listener would be one that has lost its place.
        this.listen().catch((error: unknown) => this.ends.push(String(error)));
      },
      (error: unknown) => this.ends.push(String(error)),
    );
  }
}
