import type { Contestant } from '../cache/contestant.ts';
import { sizesOf, WORKS, type WorkName } from '../cache/plan.ts';

/** What the project reaches for, as a ratio of questions a second: ours against the fastest configuration of another. */
export interface CacheClaim {
  says: string;
  work: WorkName;
  size: number;
  theirs: Contestant['of'];
  /** The ratio of the medians must not be below this. */
  atLeast: number;
}

/** Most loads of one answer, whoever asks. */
export interface LoadClaim {
  says: string;
  work: WorkName;
  atMost: number;
}

/** A hit may take 1.3 times as long as a bare `get` with the same key. */
const BESIDE_BARE = 1 / 1.3;
/** Differences of less than 25 % are none on a machine that is not quiet. */
const TIE = 1 / 1.25;

const NAMES: Record<WorkName, string> = {
  hit: 'hit in memory, key made from the arguments',
  'hit-hashed': 'hit in memory, hashed key',
  'hit-prepared': 'hit in memory, key at hand',
  l2: 'hit in Redis',
  miss: 'miss, kept in memory and Redis',
  stampede: '1,000 equal misses in a process',
  cluster: '1,000 equal misses over three processes',
};

export function titleOf(work: WorkName): string {
  return NAMES[work];
}

const PEERS = ['bentocache', 'cacheable'] as const;

export const CACHE_CLAIMS: readonly CacheClaim[] = [
  {
    says: 'hit in memory against a bare lru-cache get with the same hashed key',
    work: 'hit-hashed',
    size: 2_000,
    theirs: 'bare',
    atLeast: BESIDE_BARE,
  },
  ...WORKS.flatMap((work) =>
    sizesOf(work).flatMap((size) =>
      PEERS.map((theirs) => ({
        says: `${NAMES[work]}, ${String(size)} B, against ${theirs}`,
        work,
        size,
        theirs,
        atLeast: TIE,
      })),
    ),
  ),
];

export const LOAD_CLAIMS: readonly LoadClaim[] = [
  { says: 'loads of 1,000 equal misses in a process', work: 'stampede', atMost: 1 },
  { says: 'loads of 1,000 equal misses over three processes', work: 'cluster', atMost: 2 },
];
