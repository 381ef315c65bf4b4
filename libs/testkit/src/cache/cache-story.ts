import fc from 'fast-check';

/** Names of nodes. */
export const STORY_NODES = ['a', 'b', 'c'];
const PEOPLE = ['everybody', 'ann', 'bob'] as const;
/** By argument: what is only fresh, and what may be old for a while. */
export const STORY_POLICIES = [
  { ttlMs: 5_000, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 },
  { ttlMs: 2_000, staleWhileRevalidateMs: 3_000, staleIfErrorMs: 10_000 },
];

const node = fc.nat(STORY_NODES.length - 1);
const who = fc.constantFrom(...PEOPLE);
const args = fc.nat(STORY_POLICIES.length - 1);
const which = fc.nat(7);
const level = fc.constantFrom('shared' as const, 'disk' as const);
/** What can happen to the caches of a cluster, weighed so that a story of some dozen steps has several of everything. */
export const storyStep = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('call' as const), node, who, args }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reload' as const), node, who, args }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refresh' as const), node, who, args }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('land' as const), which, keep: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('invalidate' as const), node, tag: fc.constantFrom('0', '1', '*') }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('elapse' as const), ms: fc.constantFrom(1, 30, 120, 1_500, 6_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('heal' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('start' as const), node }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('ill' as const),
      node,
      level,
      how: fc.constantFrom({ errors: 0.5 }, { corruption: 0.5 }, { losses: 0.5 }, { mostMs: 150 }),
    }),
  },
);
export type StoryStep = typeof storyStep extends fc.Arbitrary<infer S> ? S : never;
