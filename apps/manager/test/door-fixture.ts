import { ClusterKey, SessionSeal } from '@mcp-cluster/protocol';
import { seededRng, systemClock } from '@mcp-cluster/kernel';
import { createLogger, Registry } from '@mcp-cluster/telemetry';
import { openDoor } from '../src/front-door/open-door.js';
import type { DoorRelays } from '../src/front-door/door-relays.js';
import type { FrontDoor } from '../src/front-door/front-door.js';
import { Membership } from '../src/membership/membership.js';
import { Upstream } from '../src/upstream/upstream.js';
import type { FakeNode } from './fake-node.js';

export const KEY = 'integration-test-key-0123456789abcdef-0123456789';

/** A door in front of fake nodes, which the test itself declares ready. */
export class DoorFixture {
  private constructor(
    readonly membership: Membership,
    readonly door: FrontDoor,
    readonly relays: DoorRelays,
    readonly registry: Registry,
    readonly port: number,
  ) {}

  static async open(nodes: readonly FakeNode[], seed = 1): Promise<DoorFixture> {
    const membership = new Membership(systemClock, (address) => new Upstream(address.origin));
    const registry = new Registry();
    const { door, relays } = openDoor({
      membership,
      clusterKey: KEY,
      allowedHosts: ['127.0.0.1', 'localhost'],
      allowedOrigins: [],
      registry,
      logger: createLogger({ app: 'manager', nodeId: 'test', level: 'silent' }),
      clock: systemClock,
      rng: seededRng(seed),
    });
    const port = await door.listen(0, '127.0.0.1');
    const fixture = new DoorFixture(membership, door, relays, registry, port);
    for (const node of nodes) fixture.add(node);
    return fixture;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}/mcp`;
  }

  add(fake: FakeNode): void {
    this.membership.join({ key: fake.id, id: fake.id, origin: fake.origin, managementOrigin: fake.origin });
    const node = this.membership.nodes().find((one) => one.id === fake.id);
    const status = {
      id: fake.id,
      version: '0',
      state: 'ready',
      inFlight: 0,
      sessions: 0,
      streams: 0,
      mcpPort: fake.port,
    } as const;
    if (node !== undefined) this.membership.answered(node, status);
  }

  close(): void {
    this.door.stopAccepting();
    this.door.cut();
    for (const node of this.membership.nodes()) this.membership.leave(node.address.key);
  }
}

/** A session id as the node of that id would have sealed it. */
export function sealedSession(home: string): string {
  return new SessionSeal(ClusterKey.from(KEY), systemClock, seededRng(5)).close({
    revision: '2025-11-25',
    capabilities: {},
    info: { name: 'test', version: '0' },
    principal: { issuer: '', subject: 'anonymous' },
    home,
    expiresAt: systemClock.now() + 60_000,
  });
}

/** A 2026-07-28 call as a client sends it. */
export function post(method: string, id: number | string, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: {} }),
  };
}
