import { expect, it } from 'vitest';
import { emptiest, type Occupied } from './scaling-victim.policy.js';

function node(id: string, born: number, counts: Partial<Occupied> = {}): Occupied {
  return { id, born, serving: true, sessions: 0, streams: 0, inFlight: 0, ...counts };
}

it('P15: the node with the fewest sessions, streams and calls goes first', () => {
  const nodes = [
    node('a', 1, { sessions: 3 }),
    node('b', 2, { streams: 1, inFlight: 1 }),
    node('c', 3, { inFlight: 9 }),
  ];
  expect(emptiest(nodes)?.id).toBe('b');
});

it('P15: of equally empty ones the newest, in any order of the list', () => {
  const nodes = [node('old', 1), node('new', 9), node('middle', 5)];
  expect(emptiest(nodes)?.id).toBe('new');
  expect(emptiest(nodes.toReversed())?.id).toBe('new');
});

it('P15: one that does not serve goes before an empty one that does', () => {
  const nodes = [node('idle', 2), node('hung', 1, { serving: false, inFlight: 50 })];
  expect(emptiest(nodes)?.id).toBe('hung');
  const nobody: Occupied[] = [];
  expect(emptiest(nobody)).toBeUndefined();
});
