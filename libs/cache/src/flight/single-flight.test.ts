import { CancelledError, CapacityError, type Flight } from '@mcp-cluster/protocol';
import { describe, expect, it } from 'vitest';
import { SingleFlight, type Load } from './single-flight.js';

/** A load that a test ends by hand. */
function held<T>(): { load: Load<T>; flights: Flight[]; land: (value: T) => void; crash: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const flights: Flight[] = [];
  const load = (flight: Flight): Promise<T> => {
    flights.push(flight);
    return promise;
  };
  return { load, flights, land: resolve, crash: reject };
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe('SingleFlight', () => {
  it('P06: one load for all who ask meanwhile, and each sees the others through it', async () => {
    const flights = new SingleFlight<number>();
    const work = held<number>();
    const [ann, bob] = [{}, {}];
    const places = [ann, bob].map((passenger) => flights.board('key', passenger, work.load));
    expect(work.flights).toHaveLength(1);
    expect([...work.flights[0]!.passengers]).toEqual([ann, bob]);
    work.land(7);
    expect(await Promise.all(places.map(({ entry }) => entry))).toEqual([7, 7]);
    expect([flights.size, flights.passengers]).toEqual([0, 0]);
  });

  it('P06: the first caller’s failure is everybody’s, and starts no second load', async () => {
    // bentocache 1.6.1 let the next waiter begin one, and dropped the lock while others waited: two ran at once.
    const flights = new SingleFlight<number>();
    let loads = 0;
    const work = held<number>();
    const load: Load<number> = (flight) => {
      loads += 1;
      return work.load(flight);
    };
    const places = Array.from({ length: 1_000 }, () => flights.board('key', {}, load));
    const failure = new Error('no');
    work.crash(failure);
    const ends = await Promise.allSettled(places.map(({ entry }) => entry));
    expect(ends.every((end) => end.status === 'rejected' && end.reason === failure)).toBe(true);
    expect(loads).toBe(1);
    expect(flights.has('key')).toBe(false);
    const next = flights.board('key', {}, () => Promise.resolve(8));
    expect(await next.entry).toBe(8);
  });

  it('P06: who leaves stops nothing while others wait; when the last has left the load is told', async () => {
    const flights = new SingleFlight<number>();
    const work = held<number>();
    const first = flights.board('key', {}, work.load);
    const second = flights.board('key', {}, work.load);
    const { signal, passengers } = work.flights[0]!;
    first.leave();
    first.leave();
    expect([signal.aborted, passengers.size, flights.passengers]).toEqual([false, 1, 1]);
    second.leave();
    expect([signal.aborted, passengers.size, flights.passengers, flights.size]).toEqual([true, 0, 0, 0]);
    work.crash(new Error('stopped'));
    await settled();
  });

  it('P06: a key whose load was abandoned is free at once, also for whoever hears of it', async () => {
    const flights = new SingleFlight<string>();
    const old = held<string>();
    const again = held<string>();
    const place = flights.board('key', {}, old.load);
    let heard: Promise<string> | undefined;
    old.flights[0]!.signal.addEventListener('abort', () => {
      heard = flights.board('key', {}, again.load).entry;
    });
    place.leave();
    const joined = flights.board('key', {}, again.load);
    // The abandoned load ends late: it is nobody's business.
    old.land('old');
    await settled();
    expect(flights.has('key')).toBe(true);
    again.land('new');
    expect([await heard, await joined.entry]).toEqual(['new', 'new']);
    expect([flights.size, flights.passengers]).toEqual([0, 0]);
  });

  it('P06: a load that throws at once, or brings nothing, ends the flight', async () => {
    const flights = new SingleFlight<number>();
    const thrown = new Error('at once');
    const place = flights.board('key', {}, () => {
      throw thrown;
    });
    await expect(place.entry).rejects.toBe(thrown);
    const empty = flights.board('key', {}, (() => undefined) as unknown as Load<number>);
    expect(await empty.entry).toBeUndefined();
    expect([flights.size, flights.passengers]).toEqual([0, 0]);
  });

  it('P06: a load that never ends holds nobody who leaves', async () => {
    const flights = new SingleFlight<number>();
    const stuck = held<number>();
    const place = flights.board('key', {}, stuck.load);
    place.leave();
    expect(await flights.board('key', {}, () => Promise.resolve(1)).entry).toBe(1);
    expect(flights.passengers).toBe(0);
  });

  it('P06: more than so many callers are refused, over all keys, until others have gone', async () => {
    const flights = new SingleFlight<number>(3);
    const work = held<number>();
    const [first] = ['a', 'a', 'b'].map((key) => flights.board(key, {}, work.load));
    await expect(flights.board('a', {}, work.load).entry).rejects.toBeInstanceOf(CapacityError);
    await expect(flights.board('c', {}, work.load).entry).rejects.toBeInstanceOf(CapacityError);
    expect(flights.launch('c', work.load)).toBeUndefined();
    first!.leave();
    const last = flights.board('c', {}, work.load);
    work.land(1);
    expect(await last.entry).toBe(1);
    expect(flights.passengers).toBe(0);
  });

  it('a launched load has no passengers, and is not stopped when those who joined it leave', async () => {
    const flights = new SingleFlight<number>();
    const work = held<number>();
    const entry = flights.launch('key', work.load);
    expect(work.flights[0]!.passengers.size).toBe(0);
    expect(flights.launch('key', work.load)).toBeUndefined();
    flights.board('key', {}, work.load).leave();
    expect(work.flights).toHaveLength(1);
    expect(work.flights[0]!.signal.aborted).toBe(false);
    work.land(5);
    expect(await entry).toBe(5);
  });

  it('a launched load that is retired is stopped unless somebody has joined it, and its launcher is told', async () => {
    const flights = new SingleFlight<number>();
    const [alone, joined] = [held<number>(), held<number>()];
    const entry = flights.launch('alone', alone.load);
    flights.retire('alone', alone.flights[0]!);
    await expect(entry).rejects.toBeInstanceOf(CancelledError);
    expect([alone.flights[0]!.signal.aborted, flights.size, flights.passengers]).toEqual([true, 0, 0]);

    const launched = flights.launch('joined', joined.load);
    const place = flights.board('joined', {}, joined.load);
    for (let twice = 0; twice < 2; twice += 1) flights.retire('joined', joined.flights[0]!);
    expect([joined.flights[0]!.signal.aborted, flights.size, flights.passengers]).toEqual([false, 0, 1]);
    joined.land(7);
    expect([await launched, await place.entry, flights.passengers]).toEqual([7, 7, 0]);
  });

  it('a detached load goes on for those who wait; who comes later begins another', async () => {
    const flights = new SingleFlight<string>();
    const [old, next] = [held<string>(), held<string>()];
    const before = flights.board('key', {}, old.load);
    flights.detach('key', old.flights[0]!);
    const after = flights.board('key', {}, next.load);
    // Once more, as somebody would who does not know: the other one is not meant.
    flights.detach('key', old.flights[0]!);
    expect(flights.has('key')).toBe(true);
    old.land('old');
    expect(await before.entry).toBe('old');
    expect(flights.has('key')).toBe(true);
    next.land('new');
    expect(await after.entry).toBe('new');
  });

  it('landed waits for what flies now, whatever becomes of it', async () => {
    const flights = new SingleFlight<string>();
    const work = held<string>();
    flights.board('key', {}, work.load);
    const landed = flights.landed('key');
    work.crash(new Error('no'));
    await landed;
    await flights.landed('nothing there');
    const stuck = held<string>();
    flights.board('key', {}, stuck.load);
    const freed = flights.landed('key');
    flights.detach('key', stuck.flights[0]!);
    await freed; // nobody can board it any more: whoever waited for the key has it
    flights.board('key', {}, work.load);
    await settled();
    expect(flights.size).toBe(0);
  });
});
