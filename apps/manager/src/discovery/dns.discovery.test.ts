import { Background, LocalError } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { Membership } from '../membership/membership.js';
import { DnsDiscovery, LOOKUP_INTERVAL_MS, type Resolve } from './dns.discovery.js';

const link = { dispatch: () => undefined, sever: () => undefined, close: () => undefined };

const warnings: string[] = [];
const log = { warn: (_fields: object, message: string) => warnings.push(message) };

function discover(resolve: Resolve): { clock: VirtualClock; membership: Membership; discovery: DnsDiscovery } {
  const clock = new VirtualClock();
  const membership = new Membership(clock, () => link);
  const target = { host: 'nodes', mcpPort: 3001, managementPort: 9464 };
  const discovery = new DnsDiscovery(target, resolve, membership, clock, new Background(() => undefined), log);
  discovery.start();
  return { clock, membership, discovery };
}

describe('discovery by DNS', () => {
  it('adds every address, IPv6 in brackets, and marks those that vanish', async () => {
    let answer = [{ address: '10.0.0.1', family: 4 }, { address: 'fd00::1', family: 6 }]; // prettier-ignore
    const { clock, membership } = discover(() => Promise.resolve(answer));
    await clock.advance(0);
    expect(membership.nodes().map((node) => [node.url, node.address.managementOrigin])).toEqual([
      ['http://10.0.0.1:3001/mcp', 'http://10.0.0.1:9464'],
      ['http://[fd00::1]:3001/mcp', 'http://[fd00::1]:9464'],
    ]);
    answer = answer.slice(1);
    await clock.advance(LOOKUP_INTERVAL_MS);
    expect(membership.nodes().map((node) => node.absent)).toEqual([true, false]);
  });

  it('a lookup that fails changes nothing and does not stop the next one', async () => {
    let lookups = 0;
    const { clock, membership } = discover(() => {
      lookups += 1;
      if (lookups === 2 || lookups === 3) return Promise.reject(new LocalError('ENOTFOUND', 'no such name'));
      return Promise.resolve([{ address: '10.0.0.1', family: 4 }]);
    });
    await clock.advance(LOOKUP_INTERVAL_MS);
    expect(membership.nodes().map((node) => node.absent)).toEqual([false]);
    await clock.advance(LOOKUP_INTERVAL_MS);
    expect(lookups).toBe(3);
    expect(warnings).toEqual(['no addresses of nodes']);
  });

  it('asks a resolver that hangs once', async () => {
    let lookups = 0;
    const { clock } = discover(() => {
      lookups += 1;
      return new Promise(() => undefined);
    });
    await clock.advance(10 * LOOKUP_INTERVAL_MS);
    expect(lookups).toBe(1);
  });
});
