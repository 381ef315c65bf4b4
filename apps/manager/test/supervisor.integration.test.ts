import { fileURLToPath } from 'node:url';
import { Background, LocalError, sleep, systemClock, systemRng } from '@mcp-cluster/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { HealthChecker } from '../src/membership/health-checker.js';
import { Membership } from '../src/membership/membership.js';
import { HttpStatusProbe } from '../src/membership/status-probe.js';
import { NodeProcess } from '../src/supervisor/node-process.js';
import { Supervisor } from '../src/supervisor/supervisor.js';
import { Upstream } from '../src/upstream/upstream.js';

const SCRIPT = fileURLToPath(new URL('fake-node-process.mjs', import.meta.url));
const toStop: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop();
});

class Cluster {
  readonly membership = new Membership(systemClock, (address) => new Upstream(address.origin));
  readonly supervisor: Supervisor;

  constructor(count: number, ...flags: string[]) {
    const prober = new HttpStatusProbe();
    const checker = new HealthChecker(this.membership, prober.probe, systemClock, new Background(() => undefined));
    this.supervisor = new Supervisor({
      count,
      command: (id) => ({ file: process.execPath, args: [SCRIPT, '--id', id, ...flags], env: {} }),
      membership: this.membership,
      onListening: () => {
        checker.checkAll();
      },
      clock: systemClock,
      rng: systemRng,
      log: { info: () => undefined, warn: () => undefined },
    });
    this.supervisor.start();
    checker.start();
    toStop.push(
      () => this.supervisor.stop(),
      () => {
        checker.stop();
        prober.close();
      },
    );
  }

  async untilReady(pids: (pids: number[]) => boolean): Promise<number[]> {
    for (;;) {
      const now = this.membership.ready.map((node) => node.address.pid ?? 0);
      if (pids(now)) return now;
      await sleep(systemClock, 10);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('supervisor', () => {
  it('starts its nodes, starts a killed one again, and leaves none behind', async () => {
    const cluster = new Cluster(2);
    const [first = 0, second = 0] = await cluster.untilReady((pids) => pids.length === 2);
    process.kill(first, 'SIGKILL');
    const after = await cluster.untilReady((pids) => pids.length === 2 && !pids.includes(first));
    expect(after).toContain(second);
    expect(
      cluster.membership
        .nodes()
        .map((node) => node.id)
        .sort(),
    ).toEqual(['node-1', 'node-2']);
    await cluster.supervisor.stop();
    expect(after.filter(isAlive)).toEqual([]);
  });

  it('ends a node that does not go when its manager does', async () => {
    const cluster = new Cluster(1, '--stubborn');
    const pids = await cluster.untilReady((now) => now.length === 1);
    await cluster.supervisor.stop();
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

describe('node process', () => {
  it('carries bus messages both ways', async () => {
    const got = Promise.withResolvers<object>();
    const listening = Promise.withResolvers<undefined>();
    const node = new NodeProcess({ file: process.execPath, args: [SCRIPT, '--id', 'n'], env: {} }, systemClock, {
      listening: () => {
        listening.resolve(undefined);
      },
      bus: (message) => {
        got.resolve(message);
      },
      exited: () => undefined,
    });
    toStop.push(() => node.stop({ others: false, callsMs: 0 }));
    await listening.promise;
    node.send({ type: 'bus', event: 'ping' });
    expect(await got.promise).toEqual({ type: 'bus', event: { pongFrom: 'n' } });
  });

  it.each([
    ['asks it to go while others may still call it', true, { code: 3, signal: null }],
    ['lets it see that its manager has gone', false, { code: 0, signal: null }],
  ])('%s', async (_what, others, how) => {
    const exited = Promise.withResolvers<unknown>();
    const listening = Promise.withResolvers<undefined>();
    const node = new NodeProcess({ file: process.execPath, args: [SCRIPT, '--id', 'n'], env: {} }, systemClock, {
      listening: () => {
        listening.resolve(undefined);
      },
      bus: () => undefined,
      exited: exited.resolve,
    });
    await listening.promise;
    await node.stop({ others, callsMs: 5_000 });
    expect(await exited.promise).toMatchObject(how);
  });

  it('tells that a program could not be started', async () => {
    const exited = Promise.withResolvers<unknown>();
    new NodeProcess({ file: '/nonexistent/program', args: [], env: {} }, systemClock, {
      listening: () => {
        throw new LocalError('impossible', 'nothing was started');
      },
      bus: () => undefined,
      exited: (how) => {
        exited.resolve(how);
      },
    });
    expect(await exited.promise).toMatchObject({ code: null, signal: null });
  });
});
