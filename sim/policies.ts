import {
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
  readonly index: number;
  readonly load: NodeLoad;
  readonly host: OutlierHost;
}

/** Chooses a node for one manager. Stateful ones are made anew for each. */
export type Choose = (places: readonly Place[], now: number, rng: Rng) => Place | undefined;

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
