import type { CacheEntry, CacheQuery, Flight } from '@mcp-cluster/protocol';
import { SingleFlight, type Place } from '../flight/single-flight.js';
import { LEASE_MS } from './claim.js';
import { Trip, type TripParts, type TripPlan } from './trip.js';

/** All flights of this node. */
export class Traffic {
  private readonly flights: SingleFlight<CacheEntry<unknown>>;
  /** What each flight does, until nobody can board it any more. */
  private readonly trips = new Map<Flight, { readonly name: string; readonly trip: Trip }>();
  private readonly parts: TripParts;
  private begun = 0;

  /** @param owner this life of this node */
  constructor(
    parts: Omit<TripParts, 'overdue'>,
    private readonly owner: string,
    maxPassengers: number | undefined,
  ) {
    const overdue = (flight: Flight): void => {
      this.retire(flight);
    };
    this.parts = { ...parts, overdue };
    this.flights = new SingleFlight(maxPassengers, (flight) => {
      this.trips.delete(flight);
    });
  }

  has(name: string): boolean {
    return this.flights.has(name);
  }

  /** @param name what flights are told apart by */
  board(name: string, query: CacheQuery<unknown>, passenger: object, plan: TripPlan): Place<CacheEntry<unknown>> {
    if (this.flights.has(name)) this.parts.observer.waited('process');
    return this.flights.board(name, passenger, (flight) => this.travel(name, query, flight, plan));
  }

  launch(name: string, query: CacheQuery<unknown>, plan: TripPlan): Promise<CacheEntry<unknown>> | undefined {
    return this.flights.launch(name, (flight) => this.travel(name, query, flight, plan));
  }

  landed(name: string): Promise<void> {
    return this.flights.landed(name);
  }

  /**
   * What was loaded by this version, or is being loaded, and carries one of these tags is given to those who wait for it,
   * but not kept, and nobody joins it any more. Who still looks for it goes on, and finds nothing that is older.
   * @param tags undefined: whatever it carries
   */
  outdate(tags: ReadonlySet<string> | undefined, version: number): void {
    for (const [flight, { name, trip }] of this.trips) {
      if (trip.born !== undefined && trip.born > version) continue;
      if (tags !== undefined && !trip.query.key.tags.some((tag) => tags.has(tag))) continue;
      if (trip.born !== undefined) this.flights.detach(name, flight);
      trip.outdate();
    }
  }

  /** Its load may never end: its key is free again here and in the cluster. Those who wait for it go on waiting. */
  private retire(flight: Flight): void {
    const there = this.trips.get(flight);
    if (there === undefined) return;
    there.trip.outdate();
    this.flights.retire(there.name, flight);
  }

  private travel(
    name: string,
    query: CacheQuery<unknown>,
    flight: Flight,
    plan: TripPlan,
  ): Promise<CacheEntry<unknown>> {
    this.begun += 1;
    // An owner of its own: a flight that was abandoned or outdated must not end the claim of the next one.
    const request = { owner: `${this.owner}/${String(this.begun)}`, leaseMs: LEASE_MS };
    const trip = new Trip(this.parts, query, flight, request, plan);
    this.trips.set(flight, { name, trip });
    return trip.run();
  }
}
