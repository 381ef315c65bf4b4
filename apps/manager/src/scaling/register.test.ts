import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { BUSY, FakeFleet, INTERVAL_MS, Manager, MemoryRegister } from '../../test/fake-scaling.js';
import { FOLLOW_MS } from './register-follower.js';

describe('P16: two managers and a register', () => {
  function pair() {
    const clock = new VirtualClock();
    const register = new MemoryRegister();
    const fleet = new FakeFleet(4);
    const owner = new Manager({ clock, register, fleet });
    const other = new Manager({ clock, register, count: () => fleet.wanted });
    other.leadership.term = undefined;
    return { clock, register, fleet, owner, other };
  }

  it('P16: the manager with the nodes registers their number and follows the decisions of whoever leads', async () => {
    const { clock, register, fleet, owner, other } = pair();
    await clock.advance(FOLLOW_MS);
    expect(register.value).toMatchObject({ token: 0 });
    owner.leadership.term = undefined;
    other.leadership.term = { token: 7 };
    other.members.load = BUSY;
    await clock.advance(INTERVAL_MS);
    expect(register.value?.token).toBe(7);
    expect(other.decisions).toEqual(['4 → 8 cpu applied']);
    expect(owner.decisions).toEqual([]);
    await clock.advance(FOLLOW_MS);
    expect(fleet.resized).toEqual([8]);
  });

  it('P16: a leader that slept through the end of its term is refused, and its decision is not carried out', async () => {
    const { clock, register, fleet, owner, other } = pair();
    owner.leadership.term = { token: 1 };
    await clock.advance(INTERVAL_MS);
    // It believes that it leads; another one has led and decided since.
    other.leadership.term = { token: 2 };
    other.members.load = BUSY;
    await clock.advance(INTERVAL_MS);
    other.leadership.term = undefined;
    expect(register.size).toBe(8);
    owner.members.load = { ...BUSY };
    await clock.advance(INTERVAL_MS);
    expect(owner.decisions.at(-1)).toBe('8 → 16 cpu stale_term');
    expect(register.refused).toBe(1);
    await clock.advance(FOLLOW_MS);
    expect(fleet.wanted).toBe(8);
    expect(await owner.registry.metrics()).toContain('mcp_manager_scaling_failures_total{error="stale_term"} 1\n');
    expect(owner.lines).toContain('warn scaling decision was not carried out');
  });

  it('P16: a decision whose term ends while it is made is not applied', async () => {
    const { clock, register, fleet, owner } = pair();
    await clock.advance(FOLLOW_MS);
    owner.members.load = BUSY;
    const { value } = register;
    // Asked twice: when a decision begins, and before it is written.
    const terms = [{ token: 1 }, undefined];
    Object.defineProperty(owner.leadership, 'term', { get: () => terms.shift() });
    await clock.advance(INTERVAL_MS);
    expect(owner.decisions).toEqual(['4 → 8 cpu term_over']);
    expect([register.value, fleet.resized]).toEqual([value, []]);
  });

  it('P16: without the store nothing changes; when it comes back empty the present number is registered again', async () => {
    const { clock, register, fleet, owner } = pair();
    owner.members.load = BUSY;
    await clock.advance(INTERVAL_MS + FOLLOW_MS);
    expect(fleet.wanted).toBe(8);
    register.down = true;
    await clock.advance(4 * INTERVAL_MS);
    expect(owner.decisions.slice(1)).toEqual(Array<string>(4).fill('8 → 8 size_unknown store_unavailable'));
    expect(owner.lines.filter((line) => line === 'warn the number of nodes stays as it is')).toHaveLength(1);
    register.down = false;
    register.value = undefined;
    await clock.advance(2 * FOLLOW_MS);
    expect(register.size).toBe(8);
    expect(fleet.resized).toEqual([8]);
  });

  it('P16: the manager with the nodes comes back: what was decided before holds', async () => {
    const { clock, register } = pair();
    register.value = { token: 9, json: '{"nodes":6}' };
    const fleet = new FakeFleet(2);
    new Manager({ clock, register, fleet }).leadership.term = undefined;
    await clock.advance(FOLLOW_MS);
    expect(fleet.resized).toEqual([6]);
  });

  it.each(['{"nodes":0}', '{"nodes":1001}', '{"nodes":"4"}', '{}', 'nonsense'])(
    'P16: a register that holds %s changes nothing',
    async (json) => {
      const { clock, register, fleet, owner } = pair();
      register.value = { token: 5, json };
      await clock.advance(INTERVAL_MS);
      expect(owner.decisions).toEqual(['4 → 4 size_unknown size_unknown']);
      expect(fleet.resized).toEqual([]);
    },
  );

  it('P15: what an operator adds or removes is registered by a leader, and overwritten by nobody else', async () => {
    const { clock, register, fleet, owner, other } = pair();
    await clock.advance(2 * FOLLOW_MS);
    fleet.wanted = 3;
    await clock.advance(FOLLOW_MS);
    expect(register.value).toEqual({ token: 1, json: '{"nodes":3}' });
    owner.leadership.term = undefined;
    other.leadership.term = { token: 2 };
    fleet.wanted = 5;
    await clock.advance(3 * FOLLOW_MS);
    expect([register.size, fleet.wanted, fleet.resized]).toEqual([3, 5, []]);
  });

  it('P16: more than this manager may start is cut to its most', async () => {
    const { clock, register, fleet } = pair();
    register.value = { token: 5, json: '{"nodes":1000}' };
    await clock.advance(FOLLOW_MS);
    expect(fleet.wanted).toBe(20);
  });
});
