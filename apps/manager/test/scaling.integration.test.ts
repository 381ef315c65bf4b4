import { fileURLToPath } from 'node:url';
import { DEFAULT_SCALING, type Leadership } from '@mcp-cluster/cluster';
import { Background, sleep, systemClock, systemRng } from '@mcp-cluster/kernel';
import { Registry } from '@mcp-cluster/telemetry';
import { afterEach, describe, expect, it } from 'vitest';
import { HealthChecker } from '../src/membership/health-checker.js';
import { Membership } from '../src/membership/membership.js';
import { HttpStatusProbe } from '../src/membership/status-probe.js';
import { openScaling } from '../src/scaling/open-scaling.js';
import { Fleet } from '../src/supervisor/fleet.js';
import { Supervisor } from '../src/supervisor/supervisor.js';
import { Upstream } from '../src/upstream/upstream.js';

const SCRIPT = fileURLToPath(new URL('fake-node-process.mjs', import.meta.url));
const LEADS: Leadership = {
  term: { token: 1 },
  onChange: () => undefined,
  start: () => undefined,
  stop: () => Promise.resolve(),
};
const toStop: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop();
});

/** Real processes under the real supervisor, health checks and scaling, with windows of a second. */
class Cluster {
  readonly membership = new Membership(systemClock, (address) => new Upstream(address.origin));
  readonly failures: Error[] = [];
  readonly background = new Background((_name, error) => this.failures.push(error));
  readonly phases: string[] = [];
  readonly ends: unknown[] = [];
  readonly supervisor: Supervisor;
  readonly fleet: Fleet;
  readonly scaling: ReturnType<typeof openScaling>;

  constructor(count: number) {
    const { membership: members, background } = this;
    const clock = systemClock;
    const prober = new HttpStatusProbe();
    const checker = new HealthChecker(members, prober.probe, clock, background);
    const note = (fields: Readonly<Record<string, unknown>>): void => {
      const { member, cause, phase, code } = fields;
      if (typeof phase === 'string') this.phases.push(`${String(member)} ${String(cause)} ${phase}`);
      if (code !== undefined) this.ends.push(code);
    };
    const log = { info: note, warn: note, debug: () => undefined };
    this.supervisor = new Supervisor({
      count,
      command: (id) => ({ file: process.execPath, args: [SCRIPT, '--id', id], env: {} }),
      membership: members,
      onListening: () => {
        checker.checkAll();
      },
      clock,
      rng: systemRng,
      log,
    });
    // Longer than the test: only an empty node goes.
    const drainMs = 600_000;
    this.fleet = new Fleet({ supervisor: this.supervisor, members, count, drainMs, clock, background, log });
    this.scaling = openScaling({
      config: { ...DEFAULT_SCALING, mode: 'on', intervalMs: 250, inWindowMs: 1_000, max: 4, inFactorPercent: 75 },
      members,
      fleet: this.fleet,
      leadership: LEADS,
      clock,
      background,
      registry: new Registry(),
      log,
    });
    this.supervisor.start();
    checker.start();
    this.scaling.start();
    toStop.push(async () => {
      this.scaling.stop();
      await this.supervisor.stop();
      checker.stop();
      await background.drain();
      prober.close();
      expect(this.failures).toEqual([]);
    });
  }

  get ready(): string[] {
    return this.membership.ready.map(({ id }) => id).sort();
  }

  pid(id: string): number {
    return this.membership.nodes().find((node) => node.id === id)?.address.pid ?? 0;
  }

  /** What a node reports from now on. */
  async tell(id: string, told: object, path = '/told'): Promise<void> {
    const node = this.membership.nodes().find((one) => one.id === id);
    await fetch(`${node?.address.managementOrigin ?? ''}${path}`, { method: 'POST', body: JSON.stringify(told) });
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await sleep(systemClock, 10);
  }

  async untilReady(count: number): Promise<void> {
    await this.until(() => this.membership.ready.length === count);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('scaling of real processes', () => {
  it('P16: grows under load and shrinks in two phases: drained, empty, stopped, the emptiest first', async () => {
    const cluster = new Cluster(2);
    await cluster.untilReady(2);
    for (const id of ['node-1', 'node-2']) await cluster.tell(id, { cpuPercent: 95, sessions: 5, inFlight: 2 });
    await cluster.untilReady(4);
    expect(cluster.ready).toEqual(['node-1', 'node-2', 'node-3', 'node-4']);

    await cluster.tell('node-4', { cpuPercent: 5, sessions: 7 });
    await cluster.tell('node-3', { cpuPercent: 5, inFlight: 1 });
    const victim = cluster.pid('node-3');
    for (const id of ['node-1', 'node-2']) await cluster.tell(id, { cpuPercent: 5 });
    await cluster.until(() => cluster.ready.length === 3 && cluster.phases.length > 0);
    // It has a call: it drains, takes nothing new, and lives.
    expect(cluster.ready).toEqual(['node-1', 'node-2', 'node-4']);
    expect(cluster.phases).toEqual(['node-3 scale_in drain']);
    expect(isAlive(victim)).toBe(true);

    await cluster.tell('node-3', { inFlight: 0 });
    await cluster.until(() => cluster.phases.includes('node-3 scale_in gone'));
    expect(isAlive(victim)).toBe(false);
    // 0 is the code of one that was empty when it was told to go.
    expect(cluster.ends).toEqual([0]);

    const decisions = cluster.scaling.decisions.list().filter(({ action }) => action !== 'none');
    expect(decisions.slice(0, 2)).toMatchObject([
      { from: 2, to: 4, action: 'out', reason: 'cpu', confidence: 0.9, applied: true, signals: { known: 2 } },
      { from: 4, to: 3, action: 'in', reason: 'idle', confidence: 0.7, applied: true, signals: { known: 4 } },
    ]);
  });

  it('P15: a node drained from outside is replaced, and all are on order, with no fewer serving', async () => {
    const cluster = new Cluster(2);
    await cluster.untilReady(2);
    const before = ['node-1', 'node-2'].map((id) => cluster.pid(id));
    await cluster.tell('node-1', {}, '/drain');
    await cluster.until(() => cluster.phases.includes('node-1 drained gone'));
    await cluster.untilReady(2);
    expect(cluster.ready).toEqual(['node-2', 'node-3']);

    let fewest = 2;
    cluster.membership.onChange(() => (fewest = Math.min(fewest, cluster.membership.ready.length)));
    await cluster.fleet.restartAll();
    expect(fewest).toBe(2);
    expect(cluster.ready).toHaveLength(2);
    const after = cluster.ready.map((id) => cluster.pid(id));
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    expect(before.filter(isAlive)).toEqual([]);
    expect(cluster.ends).toEqual([0, 0, 0]);
  });
});
