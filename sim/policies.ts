import {
  BoundedHash,
  lessActive,
  type NodeLoad,
  pickNode,
  pickTwoChoices,
  type OutlierHost,
  type Prefers,
} from '@mcp-cluster/balance';
import { randomInt, type Rng } from '@mcp-cluster/kernel';

/** A node as one manager sees it. */
export interface Place {
  readonly id: string;
  readonly index: number;
  readonly load: NodeLoad;
  readonly host: OutlierHost;
}

/** Chooses a node for one manager. Stateful ones are made anew for each. @param key of what is asked for */
export type Choose = (places: readonly Place[], now: number, rng: Rng, key: number) => Place | undefined;

export interface Policy {
  readonly name: string;
  /** What belongs to it beside the choice: outlier detection, slow start, and that a failure is charged. */
  readonly ejects: boolean;
  readonly slowStart: boolean;
  /** Else a call that failed is a sample like any other, and a quick one. */
  readonly chargesFailures: boolean;
  readonly make: () => Choose;
}

const plain = { ejects: false, slowStart: false, chargesFailures: false };

/** Peak EWMA as Envoy and linkerd have it: cost is the estimate times the calls, whatever the difference. */
const byCost: Prefers = (first, second, now) =>
  second.rtt.read(now) * (second.active + 1) < first.rtt.read(now) * (first.active + 1);

/** What the manager runs; the last row of each table. */
export const OURS = 'ours: P2C, peak EWMA where times differ, slow start, ejection';

export const POLICIES: readonly Policy[] = [
  {
    ...plain,
    name: 'round robin',
    make: () => {
      let next = -1;
      return (places, _now, rng) => {
        // Each manager begins somewhere else, or all would go round together.
        next = next < 0 ? randomInt(rng, places.length) : (next + 1) % places.length;
        return places[next];
      };
    },
  },
  { ...plain, name: 'random', make: () => (places, _now, rng) => places[randomInt(rng, places.length)] },
  {
    ...plain,
    name: 'P2C, least request',
    make: () => (places, now, rng) => pickTwoChoices(places, lessActive, now, rng),
  },
  {
    ...plain,
    name: 'P2C, peak EWMA',
    make: () => (places, now, rng) => pickTwoChoices(places, byCost, now, rng),
  },
  {
    name: OURS,
    ejects: true,
    slowStart: true,
    chargesFailures: true,
    make: () => (places, now, rng) => pickNode(places, 'calls', now, rng),
  },
];

/** For calls whose answers are kept. */
export interface CachePolicy extends Policy {
  /** A node keeps what it answered in the place of another one. */
  readonly keepsSpilled: boolean;
}

const managed = { ejects: true, slowStart: true, chargesFailures: true };

/** As the manager places cacheable calls. */
function placeByKey(): Choose {
  const hash = new BoundedHash<Place>();
  return (places, now, rng, key) => hash.place(places, key, now)?.node ?? pickNode(places, 'calls', now, rng);
}

export const HASHED = 'bounded-load hashing';

/** The first is what the others are compared with. */
export const CACHE_POLICIES: readonly CachePolicy[] = [
  {
    ...managed,
    name: 'P2C',
    make: () => (places, now, rng) => pickNode(places, 'calls', now, rng),
    keepsSpilled: true,
  },
  { ...managed, name: HASHED, make: placeByKey, keepsSpilled: true },
  { ...managed, name: 'the same, what spilled is not kept', make: placeByKey, keepsSpilled: false },
];
