import { FIRST_RESTART_MS } from '@mcp-cluster/cluster';
import { describe, expect, it } from 'vitest';
import { FleetFixture } from '../../test/fake-fleet.js';
import { START_TIMEOUT_MS } from './supervisor.js';

async function cluster(count: number): Promise<FleetFixture> {
  const fixture = new FleetFixture(count);
  await fixture.begin();
  return fixture;
}

function startedIds({ started }: FleetFixture): string[] {
  return started.map(({ id }) => id);
}

describe('slots of the supervisor', () => {
  it('P15: a node that ends is started again under its id, and those who wait for it hear at once', async () => {
    const fixture = await cluster(2);
    fixture.process('node-1').exit(9);
    expect(fixture.gone).toEqual(['node-1']);
    expect(fixture.ready).toEqual(['node-2']);
    await fixture.clock.advance(FIRST_RESTART_MS);
    expect(startedIds(fixture)).toEqual(['node-1', 'node-2', 'node-1']);
  });

  it('P15: a removed node is not started again, and its id is free when its process is gone, not before', async () => {
    const fixture = new FleetFixture(2);
    fixture.stubborn = true;
    await fixture.begin();
    const removed = fixture.supervisor.shrink('node-1', 500);
    expect(fixture.process('node-1').stops).toEqual([{ others: true, callsMs: 500 }]);
    fixture.supervisor.grow(2);
    expect(startedIds(fixture)).toEqual(['node-1', 'node-2', 'node-3']);
    fixture.process('node-1').exit(0);
    await removed;
    fixture.supervisor.grow(3);
    expect(fixture.staying).toEqual(['node-2', 'node-3', 'node-1']);
    await fixture.clock.advance(START_TIMEOUT_MS);
    expect(fixture.gone).toContain('node-1');
  });

  it('P15: a node that waits to be started again is removed without a process', async () => {
    const fixture = await cluster(2);
    fixture.process('node-2').exit(1);
    await fixture.supervisor.shrink('node-2', 0);
    await fixture.clock.advance(60_000);
    expect(startedIds(fixture)).toEqual(['node-1', 'node-2']);
    expect(fixture.clock.pending).toBe(0);
  });

  it('a stop ends all nodes, those too that were about to go or to come, and starts none', async () => {
    const fixture = await cluster(3);
    fixture.supervisor.retire('node-1');
    fixture.process('node-2').exit(1);
    await fixture.supervisor.stop(700);
    expect(fixture.process('node-1').stops).toEqual([{ others: false, callsMs: 700 }]);
    expect(fixture.process('node-3').stops).toEqual([{ others: false, callsMs: 700 }]);
    fixture.supervisor.grow(5);
    await fixture.clock.advance(60_000);
    expect(fixture.started).toHaveLength(3);
    expect(fixture.supervisor.addSpare()).toBeUndefined();
  });

  it('a process that does not serve in time is ended and started again', async () => {
    const fixture = new FleetFixture(1);
    fixture.supervisor.start();
    await fixture.clock.advance(START_TIMEOUT_MS - 1);
    expect(fixture.gone).toEqual([]);
    await fixture.clock.advance(1 + FIRST_RESTART_MS);
    expect(startedIds(fixture)).toEqual(['node-1', 'node-1']);
  });

  it('nodes that drain as soon as they serve are replaced with backoff', async () => {
    const fixture = new FleetFixture(1);
    fixture.supervisor.start();
    const before = fixture.clock.monotonic();
    for (let round = 0; round < 8; round += 1) {
      fixture.serveAll();
      const [id = ''] = fixture.staying;
      fixture.report(id, { state: 'draining' });
      const { length } = fixture.started;
      while (fixture.started.length === length) await fixture.clock.advance(50);
    }
    // 250 ms, doubled eight times and halved by jitter at worst: without backoff it takes no time at all.
    expect(fixture.clock.monotonic() - before).toBeGreaterThan(10_000);
  });
});
