import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { Membership } from '../membership/membership.js';
import { Roster } from './roster.js';

const link = { dispatch: () => undefined, sever: () => undefined, close: () => undefined };
const node = { key: 'http://a:1', origin: 'http://a:1', managementOrigin: 'http://a:2' };

function listed() {
  const membership = new Membership(new VirtualClock(), () => link);
  const roster = new Roster(membership);
  roster.join(node);
  return { roster, members: () => membership.nodes().map(({ address }) => address.key) };
}

describe('the roster', () => {
  it('P15: keeps a removed node out while it is listed', () => {
    const { roster, members } = listed();
    expect(members()).toEqual([node.key]);
    roster.remove(node.key);
    roster.join(node);
    expect(members()).toEqual([]);
  });

  it('P15: lets it in again when an operator adds it', () => {
    const { roster, members } = listed();
    roster.remove(node.key);
    roster.add(node);
    expect(members()).toEqual([node.key]);
  });

  it('lets in what is listed anew after it was not', () => {
    const { roster, members } = listed();
    roster.remove(node.key);
    roster.markAbsent(node.key);
    roster.join(node);
    expect(members()).toEqual([node.key]);
  });
});
