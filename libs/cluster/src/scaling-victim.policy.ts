/** A node as a candidate for removal. */
export interface Occupied {
  readonly id: string;
  /** Whether it serves; one that starts, hangs or waits to be started again has nothing to lose. */
  readonly serving: boolean;
  readonly sessions: number;
  readonly streams: number;
  readonly inFlight: number;
  /** Larger means newer. */
  readonly born: number;
}

/**
 * The node that costs least to remove: not serving, else with the fewest sessions, streams and calls, else the
 * newest, which has the least in its caches.
 * @returns undefined when there is none
 */
export function emptiest<T extends Occupied>(nodes: readonly T[]): T | undefined {
  return nodes.reduce<T | undefined>(
    (best, one) => (best === undefined || isEmptier(one, best) ? one : best),
    undefined,
  );
}

function isEmptier(one: Occupied, other: Occupied): boolean {
  const [mine, its] = [occupancy(one), occupancy(other)];
  return mine === its ? one.born > other.born : mine < its;
}

function occupancy({ serving, sessions, streams, inFlight }: Occupied): number {
  return serving ? sessions + streams + inFlight : -1;
}
