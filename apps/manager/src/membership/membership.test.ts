import type { NodeStatus } from '@mcp-cluster/cluster';
import { Background, LocalError } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import type { ClusterNode } from './cluster-node.js';
import { HealthChecker } from './health-checker.js';
import { LOST_AFTER_MS, Membership } from './membership.js';

class FakeLink {
  severed = 0;
  closed = 0;
  dispatch(): void {
    throw new LocalError('unused', 'no request is sent in these tests');
  }
  sever(): void {
    this.severed += 1;
  }
  close(): void {
    this.closed += 1;
  }
}

/** Answers of nodes by key: a status, silence until the check gives up, or a refusal. */
type Behaviour = 'ready' | 'draining' | 'silent' | 'refuses';

class Fixture {
  readonly clock = new VirtualClock();
  readonly links = new Map<string, FakeLink>();
  readonly behaviour = new Map<string, Behaviour>();
  readonly changes: string[] = [];
  probes = 0;
  readonly membership = new Membership(this.clock, ({ key }) => {
    const link = new FakeLink();
    this.links.set(key, link);
    return link;
  });
  readonly checker = new HealthChecker(
    this.membership,
    (node, signal) => this.probe(node, signal),
    this.clock,
    new Background(() => undefined),
  );

  constructor(...keys: string[]) {
    this.membership.onChange((node, from, to) => this.changes.push(`${node.id} ${from} → ${to}`));
    for (const key of keys) this.join(key);
    this.checker.start();
  }

  join(key: string): void {
    this.behaviour.set(key, 'ready');
    this.membership.join({ key, origin: `http://${key}:3001`, managementOrigin: `http://${key}:9464` });
  }

  node(key: string): ClusterNode {
    const node = this.membership.nodes().find(({ address }) => address.key === key);
    if (node === undefined) throw new LocalError('no_node', `no member ${key}`);
    return node;
  }

  get ready(): string[] {
    return this.membership.ready.map((node) => node.address.key);
  }

  private probe(node: ClusterNode, signal: AbortSignal): Promise<NodeStatus> {
    this.probes += 1;
    const behaviour = this.behaviour.get(node.address.key);
    if (behaviour === 'refuses') return Promise.reject(new LocalError('ECONNREFUSED', 'refused'));
    if (behaviour === 'silent')
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    const state = behaviour ?? 'ready';
    return Promise.resolve({
      id: `id-${node.address.key}`,
      version: '1',
      state,
      inFlight: 0,
      sessions: 0,
      streams: 0,
      mcpPort: 1,
    });
  }
}

describe('membership', () => {
  it('a node takes calls from its first good check on', async () => {
    const fixture = new Fixture('a');
    expect(fixture.ready).toEqual([]);
    await fixture.clock.advance(0);
    expect(fixture.ready).toEqual(['a']);
    expect(fixture.membership.nodes()[0]?.id).toBe('id-a');
  });

  it('a node that hangs is out within 2 s and back with its first answer', async () => {
    const fixture = new Fixture('a', 'b');
    await fixture.clock.advance(0);
    fixture.behaviour.set('a', 'silent');
    await fixture.clock.advance(1300);
    expect(fixture.ready).toEqual(['a', 'b']);
    await fixture.clock.advance(700);
    expect(fixture.ready).toEqual(['b']);
    fixture.behaviour.set('a', 'ready');
    await fixture.clock.advance(500);
    expect(fixture.ready).toEqual(['a', 'b']);
    expect(fixture.changes).toEqual([
      'id-a starting → ready',
      'id-b starting → ready',
      'id-a ready → down',
      'id-a down → ready',
    ]);
  });

  it('a node that hangs is down within 3 s wherever between two checks it stops, and listeners hear it at once', async () => {
    for (let stopsAt = 0; stopsAt < 500; stopsAt += 25) {
      const fixture = new Fixture('a', 'b');
      const start = fixture.clock.monotonic();
      let downAt: number | undefined;
      let readyThen: number | undefined;
      fixture.membership.onChange((_node, _from, to) => {
        if (to !== 'down') return;
        downAt = fixture.clock.monotonic() - start;
        // Whoever moves calls in this listener must not choose the node again.
        readyThen = fixture.membership.ready.length;
      });
      await fixture.clock.advance(5000 + stopsAt);
      fixture.behaviour.set('a', 'silent');
      await fixture.clock.advance(3000);
      expect(downAt).toBeLessThan(8000 + stopsAt);
      expect(downAt).toBeGreaterThanOrEqual(6400);
      expect(readyThen).toBe(1);
      fixture.checker.stop();
    }
  });

  it('has at most one check a node under way', async () => {
    const fixture = new Fixture('a');
    fixture.behaviour.set('a', 'silent');
    await fixture.clock.advance(10_000);
    // The first at once, then one every 500 ms, each over after 400.
    expect(fixture.probes).toBe(21);
  });

  it('a draining node takes no new calls', async () => {
    const fixture = new Fixture('a', 'b');
    fixture.behaviour.set('a', 'draining');
    await fixture.clock.advance(0);
    expect(fixture.ready).toEqual(['b']);
  });

  it('a crashed node under load is out before the next check: each failed call has it checked at once', async () => {
    const fixture = new Fixture('a', 'b');
    await fixture.clock.advance(0);
    fixture.behaviour.set('a', 'refuses');
    for (let call = 0; call < 3; call += 1) {
      fixture.node('a').callFailed();
      await fixture.clock.advance(1);
    }
    expect(fixture.changes.at(-1)).toBe('id-a ready → down');
    expect(fixture.ready).toEqual(['b']);
  });

  it('failed calls alone do not make a node down: what clients do to it is not its death', async () => {
    const fixture = new Fixture('a', 'b');
    await fixture.clock.advance(0);
    for (let call = 0; call < 4; call += 1) {
      fixture.node('a').callFailed();
      await fixture.clock.advance(1);
    }
    expect(fixture.ready).toEqual(['a', 'b']);
  });

  it('after the checker has stopped a failed call has nothing checked', async () => {
    const fixture = new Fixture('a');
    await fixture.clock.advance(0);
    fixture.checker.stop();
    fixture.node('a').callFailed();
    await fixture.clock.advance(1);
    expect(fixture.probes).toBe(1);
  });

  it('a node whose process ended leaves at once, and its connections close', async () => {
    const fixture = new Fixture('a', 'b');
    await fixture.clock.advance(0);
    fixture.membership.leave('a');
    expect(fixture.ready).toEqual(['b']);
    expect(fixture.links.get('a')?.closed).toBe(1);
    // An answer that was under way then changes nothing.
    await fixture.clock.advance(2000);
    expect(fixture.membership.nodes()).toHaveLength(1);
  });

  it('an address that vanished from discovery stays while it answers, and goes when it fails', async () => {
    const fixture = new Fixture('a', 'b');
    await fixture.clock.advance(0);
    fixture.membership.markAbsent('a');
    await fixture.clock.advance(5000);
    expect(fixture.ready).toEqual(['a', 'b']);
    fixture.behaviour.set('a', 'refuses');
    await fixture.clock.advance(1500);
    expect(fixture.membership.nodes().map((node) => node.address.key)).toEqual(['b']);
    expect(fixture.changes.at(-1)).toBe('id-a down → left');
  });

  it('an address that came back is not absent any more', async () => {
    const fixture = new Fixture('a');
    await fixture.clock.advance(0);
    fixture.membership.markAbsent('a');
    fixture.join('a');
    fixture.behaviour.set('a', 'refuses');
    await fixture.clock.advance(5000);
    expect(fixture.membership.nodes()).toHaveLength(1);
  });

  it('gives up the open requests of a node that is silent for ten seconds, not of one that is slow for five', async () => {
    const fixture = new Fixture('a');
    await fixture.clock.advance(0);
    fixture.behaviour.set('a', 'silent');
    await fixture.clock.advance(5000);
    expect(fixture.links.get('a')?.severed).toBe(0);
    await fixture.clock.advance(LOST_AFTER_MS);
    expect(fixture.links.get('a')?.severed).toBe(1);
  });
});
