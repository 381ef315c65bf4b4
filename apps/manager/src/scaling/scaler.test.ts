import { DEFAULT_SCALING } from '@mcp-cluster/cluster';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { BUSY, FakeFleet, IDLE, INTERVAL_MS, Manager, MemoryRegister } from '../../test/fake-scaling.js';

describe('scaler of a manager that leads alone', () => {
  it('P16: every interval it decides, writes a line, counts, and keeps the decision', async () => {
    const fleet = new FakeFleet(2);
    const manager = new Manager({ fleet });
    await manager.tick();
    manager.members.load = BUSY;
    await manager.tick(2);
    manager.members.load = { ...IDLE, cpuPercent: 50 };
    await manager.tick(2);
    expect(manager.decisions).toEqual([
      '2 → 2 at_min',
      '2 → 4 cpu applied',
      '4 → 8 cpu applied',
      '8 → 8 steady',
      '8 → 8 steady',
    ]);
    expect(fleet.resized).toEqual([4, 8]);
    const [first] = manager.scaling.decisions.list();
    expect(first).toMatchObject({ at: '2026-11-01T00:00:15.000Z', action: 'none', confidence: 1, token: 1 });
    expect(first?.signals).toMatchObject({ known: 2, missing: 0, cpuPercent: 5, responseMs: 5 });
    expect(manager.lines.map((line) => line.split(' ')[0])).toEqual(['info', 'info', 'info', 'info', 'debug']);
    const text = await manager.registry.metrics();
    expect(text).toContain('mcp_manager_scaling_decisions_total{action="out",reason="cpu"} 2\n');
    expect(text).toContain('mcp_manager_scaling_decisions_total{action="none",reason="steady"} 2\n');
    expect(text).toContain('mcp_cluster_desired_replicas 8\n');
  });

  it('P16: shrinks after the window, and not before', async () => {
    const fleet = new FakeFleet(10);
    const manager = new Manager({ fleet });
    await manager.tick(DEFAULT_SCALING.inWindowMs / INTERVAL_MS);
    expect(fleet.resized).toEqual([]);
    await manager.tick();
    expect(manager.decisions.at(-1)).toBe('10 → 6 idle applied');
  });

  it('P16: new nodes that have told nothing yet keep anything from being removed', async () => {
    const fleet = new FakeFleet(4);
    const manager = new Manager({ fleet, count: () => 3, settings: { inWindowMs: 0 } });
    await manager.tick(3);
    expect(manager.decisions.at(-1)).toBe('4 → 4 missing_metrics');
  });

  it('P16: frozen while no node tells anything, even what they told before', async () => {
    const fleet = new FakeFleet(4);
    const manager = new Manager({ fleet, settings: { inWindowMs: 0, min: 1 } });
    await manager.clock.advance(INTERVAL_MS - 1_000);
    manager.members.hung = true;
    manager.members.load = BUSY;
    await manager.tick(4);
    expect(manager.decisions).toEqual(['4 → 3 idle applied', ...Array<string>(3).fill('3 → 3 no_metrics')]);
  });

  it('P16: a dry run decides and changes nothing; off does not even decide', async () => {
    const fleet = new FakeFleet(2);
    const dry = new Manager({ fleet, mode: 'dry-run' });
    dry.members.load = BUSY;
    await dry.tick(2);
    expect(dry.decisions).toEqual(['2 → 4 cpu', '2 → 4 cpu']);
    const off = new Manager({ fleet, mode: 'off' });
    off.members.load = BUSY;
    await off.tick(2);
    expect([off.decisions, fleet.resized]).toEqual([[], []]);
  });

  it('P16: without nodes of its own and without a store its decisions are advice', async () => {
    const manager = new Manager({ count: () => 3 });
    manager.members.load = BUSY;
    await manager.tick();
    expect(manager.decisions).toEqual(['3 → 6 cpu']);
  });

  it('P16: decides only while it leads, begins a term with a window of its own, and shows its number only then', async () => {
    const fleet = new FakeFleet(10);
    const manager = new Manager({ fleet });
    await manager.tick(19);
    manager.leadership.term = undefined;
    await manager.tick(20);
    expect(manager.decisions).toHaveLength(19);
    expect(await manager.registry.metrics()).not.toMatch(/^mcp_cluster_desired_replicas /m);
    manager.leadership.term = { token: 2 };
    await manager.tick(20);
    expect(fleet.resized).toEqual([]);
    await manager.tick();
    expect(fleet.resized).toEqual([6]);
  });

  it('P16: stops with its timers', async () => {
    const clock = new VirtualClock();
    const manager = new Manager({ fleet: new FakeFleet(2), register: new MemoryRegister(), clock });
    await manager.tick();
    manager.scaling.stop();
    // The one that is left is the members' own.
    expect(clock.pending).toBe(1);
  });

  it('P16: a hundred decisions that change nothing are kept, and none of them pushes out one that does', async () => {
    const manager = new Manager({ fleet: new FakeFleet(2) });
    manager.members.load = BUSY;
    await manager.tick();
    manager.members.load = { ...IDLE, cpuPercent: 50 };
    await manager.tick(300);
    expect(manager.decisions).toHaveLength(101);
    expect(manager.decisions[0]).toBe('2 → 4 cpu applied');
  });
});
