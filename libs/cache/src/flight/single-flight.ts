import { CancelledError, CapacityError, type Flight } from '@mcp-cluster/protocol';

/**
 * Callers that may wait in one process. Each is a request that holds a connection and some KB: more of them than this
 * are refused sooner than they would be answered.
 */
export const MAX_PASSENGERS = 10_000;

/** Whoever was refused may come again when some of ten thousand have been answered. */
const RETRY_SECONDS = 1;

/** Somebody's place on a flight. */
export interface Place<T> {
  /** What the load brings, or what it throws. Rejects with CapacityError when too many wait already. */
  readonly entry: Promise<T>;
  /** He no longer waits. Idempotent, and nothing after the flight has ended. */
  leave(): void;
}

export type Load<T> = (flight: Flight) => Promise<T>;

/**
 * One load a key for all who ask meanwhile. It is stopped when nobody waits any more, and for no other reason; whoever
 * boards first has no part in it that the others have not.
 *
 * A key is taken from when its load begins until that ends, is abandoned, detached or retired. Nobody joins it then: the
 * next one begins another load at once.
 */
export class SingleFlight<T> {
  private readonly journeys = new Map<string, Journey<T>>();
  /** Those in which their launcher still has a place. */
  private readonly launched = new Map<Flight, Journey<T>>();
  private waiting = 0;

  /**
   * @param maxPassengers in total, over all keys
   * @param ended told of each flight that nobody can board any more, since its load has ended or was abandoned
   */
  constructor(
    private readonly maxPassengers = MAX_PASSENGERS,
    private readonly ended?: (flight: Flight) => void,
  ) {}

  /** Keys that are being loaded, without those that were detached. */
  get size(): number {
    return this.journeys.size;
  }

  /** How many wait, for whatever. */
  get passengers(): number {
    return this.waiting;
  }

  has(key: string): boolean {
    return this.journeys.has(key);
  }

  /**
   * Waits for the load of this key, or begins it.
   * @param passenger what the load sees of the caller; he boards a flight once
   */
  board(key: string, passenger: object, load: Load<T>): Place<T> {
    if (this.waiting >= this.maxPassengers) return refusal(this.maxPassengers);
    const there = this.journeys.get(key);
    const journey = there ?? new Journey<T>();
    journey.passengers.add(passenger);
    this.take(journey);
    if (there === undefined) this.begin(key, journey, load);
    let seated = true;
    const leave = (): void => {
      if (!seated || journey.over) return;
      seated = false;
      journey.passengers.delete(passenger);
      this.leave(key, journey);
    };
    return { entry: journey.entry, leave };
  }

  /**
   * Begins a load that nobody waits for, and that is not stopped when those who join it leave, but when it is retired.
   * @returns what it brings, or CancelledError when it was stopped; undefined when the key is being loaded already, or
   *   too many wait
   */
  launch(key: string, load: Load<T>): Promise<T> | undefined {
    if (this.journeys.has(key) || this.waiting >= this.maxPassengers) return undefined;
    const journey = new Journey<T>();
    this.take(journey); // a place that nobody leaves before it is retired
    this.launched.set(journey, journey);
    this.begin(key, journey, load);
    // A load that does not heed its signal may never end: whoever launched it is told nevertheless.
    return Promise.race([journey.entry, journey.abandoned]);
  }

  /** The load goes on for those who wait for it; whoever comes from now on begins another. */
  detach(key: string, flight: Flight): void {
    const journey = this.journeys.get(key);
    if (journey === undefined || journey !== flight) return;
    this.journeys.delete(key);
    journey.freed.resolve(undefined);
  }

  /** Detached, and its launcher no longer counts: with nobody else aboard it is abandoned. */
  retire(key: string, flight: Flight): void {
    this.detach(key, flight);
    const journey = this.launched.get(flight);
    if (journey === undefined) return;
    this.launched.delete(flight);
    this.leave(key, journey);
  }

  /** Resolves when what is being loaded now has ended, however, or nobody can board it any more. */
  async landed(key: string): Promise<void> {
    await this.journeys.get(key)?.freed.promise;
  }

  private take(journey: Journey<T>): void {
    journey.places += 1;
    this.waiting += 1;
  }

  private leave(key: string, journey: Journey<T>): void {
    journey.places -= 1;
    this.waiting -= 1;
    if (journey.places > 0) return;
    // The key is free before anybody hears of the end: he may board again.
    this.end(key, journey);
    journey.abandon();
  }

  private begin(key: string, journey: Journey<T>, load: Load<T>): void {
    this.journeys.set(key, journey);
    journey.entry = this.run(key, journey, load);
    // Whoever waits handles it. When all have left nobody does.
    journey.entry.catch(nothing);
  }

  /** Begins at once; what `load` throws before its first await is a rejection like any other. */
  private async run(key: string, journey: Journey<T>, load: Load<T>): Promise<T> {
    try {
      return await load(journey);
    } finally {
      this.end(key, journey);
    }
  }

  private end(key: string, journey: Journey<T>): void {
    if (journey.over) return;
    journey.over = true;
    this.waiting -= journey.places;
    this.launched.delete(journey);
    if (this.journeys.get(key) === journey) this.journeys.delete(key);
    journey.freed.resolve(undefined);
    this.ended?.(journey);
  }
}

class Journey<T> implements Flight {
  readonly passengers = new Set<object>();
  /** Passengers, and whoever launched it. */
  places = 0;
  /** It was abandoned, or its load has ended. */
  over = false;
  entry: Promise<T> = NEVER;
  /** Settled when nobody can board it any more. */
  readonly freed = Promise.withResolvers<undefined>();
  private readonly controller = new AbortController();

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Rejects when it is abandoned. */
  get abandoned(): Promise<never> {
    return new Promise((_resolve, reject) => {
      const tell = (): void => {
        reject(this.signal.reason as Error);
      };
      if (this.signal.aborted) tell();
      else this.signal.addEventListener('abort', tell, { once: true });
    });
  }

  abandon(): void {
    this.controller.abort(new CancelledError('nobody waits for it any more'));
  }
}

/** Until a load has given its promise; only a load that boards its own key sees it, and it would wait for itself. */
const NEVER = new Promise<never>(() => undefined);

function nothing(): void {
  // Told to those who wait.
}

function refusal(most: number): Place<never> {
  const entry = Promise.reject(new CapacityError(`${String(most)} callers wait already`, RETRY_SECONDS));
  entry.catch(nothing);
  return { entry, leave: nothing };
}
