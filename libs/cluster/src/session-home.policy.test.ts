import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseSessionNode } from './session-home.policy.js';

const nodes = ['node-1', 'node-2', 'node-3', 'node-4'].map((id) => ({ id }));

describe('node of a session', () => {
  it('is the home node while that is usable', () => {
    expect(chooseSessionNode('s', 'node-3', nodes)?.id).toBe('node-3');
  });

  it('is another one when the home node is gone, and nobody when no node is usable', () => {
    const others = nodes.filter((node) => node.id !== 'node-3');
    expect(others).toContain(chooseSessionNode('s', 'node-3', others));
    expect(chooseSessionNode('s', 'node-3', nodes.slice(4))).toBeUndefined();
  });

  it('does not depend on the order of the list: two managers agree', () => {
    fc.assert(
      fc.property(fc.string(), fc.shuffledSubarray(nodes, { minLength: 4 }), (session, shuffled) => {
        expect(chooseSessionNode(session, undefined, shuffled)).toBe(chooseSessionNode(session, undefined, nodes));
      }),
    );
  });

  it('moves only the sessions of the node that went', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...nodes), (session, gone) => {
        const before = chooseSessionNode(session, undefined, nodes);
        const rest = nodes.filter((node) => node !== gone);
        const after = chooseSessionNode(session, undefined, rest);
        if (before !== gone) expect(after).toBe(before);
      }),
    );
  });

  it('spreads sessions evenly', () => {
    const counts = new Map<string, number>();
    for (let session = 0; session < 8000; session += 1) {
      const id = chooseSessionNode(`session-${String(session)}`, undefined, nodes)?.id ?? '';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    // 2,000 each is fair; five standard deviations are 194.
    for (const node of nodes) expect(Math.abs((counts.get(node.id) ?? 0) - 2000)).toBeLessThan(194);
  });
});
