import { describe, expect, it } from 'vitest';
import { DRAIN_MS, FleetFixture } from '../../test/fake-fleet.js';

async function cluster(count: number): Promise<FleetFixture> {
  const fixture = new FleetFixture(count);
  await fixture.begin();
  return fixture;
}

describe('a fleet that grows and shrinks', () => {
  it('P16: grows at once', async () => {
    const fixture = await cluster(2);
    fixture.fleet.resize(4);
    expect(fixture.staying).toEqual(['node-1', 'node-2', 'node-3', 'node-4']);
    expect(fixture.fleet.wanted).toBe(4);
  });

  it('P16: shrinks in two phases: drains the emptiest, waits until it is empty, then stops it', async () => {
    const fixture = await cluster(3);
    fixture.report('node-1', { sessions: 4 });
    fixture.report('node-2', { inFlight: 1, streams: 1 });
    fixture.report('node-3', { inFlight: 3 });
    fixture.fleet.resize(2);
    await fixture.clock.advance(0);
    expect(fixture.drained).toEqual(['node-2']);
    expect(fixture.staying).toEqual(['node-1', 'node-3']);

    // Still busy, or reported before it drained: it is left alone.
    fixture.report('node-2', { state: 'draining', inFlight: 1 });
    await fixture.clock.advance(1_000);
    expect(fixture.process('node-2').stops).toEqual([]);

    fixture.report('node-2', { state: 'draining' });
    await fixture.clock.advance(100);
    expect(fixture.process('node-2').stops).toEqual([{ others: true, callsMs: DRAIN_MS - 100 }]);
    expect(fixture.lines).toEqual(['node-2 scale_in drain', 'node-2 scale_in stop', 'node-2 scale_in gone']);
    await fixture.clock.advance(60_000);
    expect(fixture.ready).toEqual(['node-1', 'node-3']);
    expect(fixture.failures).toEqual([]);
  });

  it('P16: an empty report from before the order does not end a node that calls are on the way to', async () => {
    const fixture = await cluster(2);
    fixture.fleet.resize(1);
    await fixture.clock.advance(900);
    expect(fixture.process('node-2').stops).toEqual([]);
  });

  it('P16: waits no longer than the deadline', async () => {
    const fixture = await cluster(2);
    fixture.report('node-1', { sessions: 9 });
    fixture.fleet.resize(1);
    await fixture.clock.advance(0);
    fixture.report('node-2', { state: 'draining', inFlight: 1 });
    await fixture.clock.advance(DRAIN_MS + 999);
    expect(fixture.process('node-2').stops).toEqual([]);
    await fixture.clock.advance(1);
    expect(fixture.process('node-2').stops).toEqual([{ others: true, callsMs: 0 }]);
  });

  it('P16: one goes after another', async () => {
    const fixture = await cluster(4);
    fixture.fleet.resize(3);
    await fixture.clock.advance(500);
    fixture.fleet.resize(2);
    await fixture.clock.advance(500);
    expect(fixture.drained).toEqual(['node-4']);
    fixture.report('node-4', { state: 'draining' });
    await fixture.clock.advance(100);
    expect(fixture.drained).toEqual(['node-4', 'node-3']);
    fixture.report('node-3', { state: 'draining' });
    await fixture.clock.advance(100);
    await fixture.clock.advance(60_000);
    expect(fixture.drained).toEqual(['node-4', 'node-3']);
    expect(fixture.ready).toEqual(['node-1', 'node-2']);
  });

  it('P16: more nodes wanted meanwhile: the draining one still goes, a new one comes, and no further one drains', async () => {
    const fixture = await cluster(4);
    fixture.fleet.resize(2);
    await fixture.clock.advance(500);
    fixture.fleet.resize(4);
    expect(fixture.staying).toEqual(['node-1', 'node-2', 'node-3', 'node-5']);
    fixture.serveAll();
    fixture.report('node-4', { state: 'draining' });
    await fixture.clock.advance(60_000);
    expect(fixture.drained).toEqual(['node-4']);
    expect(fixture.gone).toEqual(['node-4']);
    expect(fixture.supervisor.size).toBe(4);
  });

  it('P16: a node that does not take the order is stopped at the deadline all the same', async () => {
    const fixture = await cluster(2);
    fixture.deaf = true;
    fixture.fleet.resize(1);
    await fixture.clock.advance(DRAIN_MS + 1_000);
    expect(fixture.gone).toEqual(['node-2']);
    expect(fixture.ready).toEqual(['node-1']);
  });

  it('P16: a node that crashes while it drains is gone, and not started again', async () => {
    const fixture = await cluster(2);
    fixture.fleet.resize(1);
    await fixture.clock.advance(100);
    fixture.process('node-2').exit(1);
    await fixture.clock.advance(60_000);
    expect(fixture.started).toHaveLength(2);
    expect(fixture.lines.at(-1)).toBe('node-2 scale_in gone');
  });

  it('P16: a node that starts goes before one that serves', async () => {
    const fixture = await cluster(2);
    fixture.fleet.resize(3);
    fixture.report('node-1', { sessions: 1 });
    fixture.report('node-2', { sessions: 1 });
    fixture.fleet.resize(2);
    await fixture.clock.advance(0);
    expect(fixture.gone).toEqual(['node-3']);
    expect(fixture.drained).toEqual([]);
  });
});

describe('nodes of a fleet that go by themselves or on order', () => {
  it('P15: a node that was drained from outside is replaced at once, and ended when it is empty', async () => {
    const fixture = await cluster(2);
    fixture.report('node-1', { state: 'draining', inFlight: 1 });
    expect(fixture.staying).toEqual(['node-2', 'node-3']);
    await fixture.clock.advance(1_000);
    expect(fixture.process('node-1').stops).toEqual([]);
    fixture.report('node-1', { state: 'draining' });
    await fixture.clock.advance(100);
    expect(fixture.gone).toEqual(['node-1']);
    // It had the order already.
    expect(fixture.drained).toEqual([]);
    await fixture.clock.advance(60_000);
    expect(fixture.supervisor.size).toBe(2);
  });

  it('P15: a node that was signalled from outside drains, is replaced, and ends by itself', async () => {
    const fixture = await cluster(2);
    fixture.report('node-2', { state: 'draining' });
    fixture.process('node-2').exit(0);
    fixture.serveAll();
    await fixture.clock.advance(60_000);
    expect(fixture.started.map(({ id }) => id)).toEqual(['node-1', 'node-2', 'node-3']);
    expect(fixture.supervisor.size).toBe(2);
  });

  it('P15: a node removed on order is not replaced; the last one and strangers are refused', async () => {
    const fixture = await cluster(2);
    const removed = fixture.fleet.remove('node-1');
    await fixture.clock.advance(0);
    fixture.report('node-1', { state: 'draining' });
    await fixture.clock.advance(100);
    await removed;
    expect(fixture.staying).toEqual(['node-2']);
    expect(fixture.fleet.wanted).toBe(1);
    await expect(fixture.fleet.remove('node-2')).rejects.toMatchObject({ code: 'last_node' });
    await expect(fixture.fleet.remove('node-1')).rejects.toMatchObject({ code: 'unknown_node' });
  });
});

describe('P15: restart of all nodes', () => {
  /** Nodes serve and drain as soon as they are told to. @returns the fewest that took calls at any time */
  async function lively(fixture: FleetFixture, until: Promise<unknown>): Promise<{ ready: number; processes: number }> {
    const over = new AbortController();
    const done = until.finally(() => {
      over.abort();
    });
    let [ready, processes] = [Infinity, 0];
    for (let turn = 0; turn < 1_000 && !over.signal.aborted; turn += 1) {
      fixture.serveAll();
      for (const id of fixture.drained.splice(0)) fixture.report(id, { state: 'draining' });
      ready = Math.min(ready, fixture.ready.length);
      processes = Math.max(processes, fixture.started.length - fixture.gone.length);
      await fixture.clock.advance(50);
    }
    await done;
    return { ready, processes };
  }

  it('P15: every process is another one, never fewer serve than before, and never more than one more runs', async () => {
    const fixture = await cluster(3);
    const before = fixture.started.map(({ pid }) => pid);
    expect(await lively(fixture, fixture.fleet.restartAll())).toEqual({ ready: 3, processes: 4 });
    expect(fixture.started.slice(3).map(({ id }) => id)).toEqual(['node-4', 'node-1', 'node-2']);
    expect(fixture.gone).toEqual(['node-1', 'node-2', 'node-3']);
    const after = fixture.members.ready.map((node) => node.address.pid ?? 0);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    expect(fixture.fleet.wanted).toBe(3);
  });

  it('P15: works for a single node', async () => {
    const fixture = await cluster(1);
    expect(await lively(fixture, fixture.fleet.restartAll())).toEqual({ ready: 1, processes: 2 });
    expect(fixture.staying).toEqual(['node-2']);
  });

  it('P15: a second one is refused while one runs, and may come after it', async () => {
    const fixture = await cluster(1);
    const first = fixture.fleet.restartAll();
    await expect(fixture.fleet.restartAll()).rejects.toMatchObject({ code: 'restart_running' });
    await lively(fixture, first);
    await lively(fixture, fixture.fleet.restartAll());
    expect(fixture.staying).toEqual(['node-1']);
  });

  it('P15: ends with its manager', async () => {
    const fixture = await cluster(2);
    const restart = expect(fixture.fleet.restartAll()).rejects.toMatchObject({ code: 'stopping' });
    await fixture.supervisor.stop();
    await fixture.clock.advance(100);
    await restart;
    expect(fixture.clock.pending).toBe(0);
  });

  it('P15: a new node that does not get ready ends it, and the old ones stay', async () => {
    const fixture = await cluster(2);
    const restart = expect(fixture.fleet.restartAll()).rejects.toMatchObject({ code: 'node_start_failed' });
    await fixture.clock.advance(120_000);
    await restart;
    expect(fixture.ready).toEqual(['node-1', 'node-2']);
    expect(fixture.staying).toEqual(['node-1', 'node-2']);
    expect(fixture.clock.pending).toBe(0);
  });
});

describe('a node that hangs', () => {
  /** Three checks in a row get no answer. */
  const silence = ({ members }: FleetFixture, id: string): void => {
    const node = members.nodes().find(({ address }) => address.key === id);
    for (let check = 0; check < 3; check += 1) if (node !== undefined) members.checkFailed(node);
  };

  it('P15: is ended after half a minute, and another process takes its place', async () => {
    const fixture = await cluster(2);
    const { pid } = fixture.process('node-1');
    silence(fixture, 'node-1');
    await fixture.clock.advance(29_999);
    expect(fixture.process('node-1').pid).toBe(pid);
    await fixture.clock.advance(1);
    expect(fixture.gone).toContain('node-1');
    await fixture.clock.advance(10_000);
    expect(fixture.process('node-1').pid).not.toBe(pid);
  });

  it('P15: and answers again in time is left alone', async () => {
    const fixture = await cluster(2);
    const { pid } = fixture.process('node-1');
    silence(fixture, 'node-1');
    await fixture.clock.advance(20_000);
    fixture.report('node-1', {});
    await fixture.clock.advance(60_000);
    expect([fixture.process('node-1').pid, fixture.gone]).toEqual([pid, []]);
  });
});
