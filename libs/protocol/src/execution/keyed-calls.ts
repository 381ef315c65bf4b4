import { asError, failpoint, sleep, type Background, type Clock, type Rng } from '@mcp-cluster/kernel';
import { CapacityError, invalidParams } from '../wire/errors.js';
import { Retries, type RetryLimits } from './retries.js';
import type { Claim, Ledger, LedgerEntry, Standing } from './ledger.js';
import { IDEMPOTENCY_KEY } from './repeatable.js';
import { outcomeUnknown } from './outcome.js';
import { isUnavailable, isOutage, refusalOf } from './store-refusal.js';

/** How often it is looked whether a call with the same key has ended. */
const POLL_MS = 100;
/** How long a call waits for the one with the same key: as long as a client waits for an answer (the SDK's default). */
const WAIT_MS = 60_000;
/** Calls of a node that wait at once: a client that sends one key a thousand times needs no more than one answer. */
const MAX_WAITING = 1_000;
/** Outcomes that could not be stored: 1 MiB each at most. They wait for longer than any restart of a store takes. */
const UNSETTLED: RetryLimits = { atOnce: 64, tries: 600 };
/** Claims of which nobody knows whether they were made: a few hundred bytes each. */
const UNCERTAIN: RetryLimits = { atOnce: 1_000, tries: 60 };

const NOT_RUN = 'the call was not run';

export interface KeyedCallsParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
}

/** A claim that a call holds, or how one with the same key has ended. */
export type Turn =
  { readonly state: 'claimed'; readonly fence: number } | { readonly state: 'settled'; readonly outcomeJson: string };

/** The calls of this node with an idempotency key: each key runs at most once in the cluster. */
export class KeyedCalls {
  private waiting = 0;
  /** One question to the ledger for all calls here that wait for the same one. As many as wait. */
  private readonly looks = new Map<string, Promise<Standing | { readonly state: 'free' }>>();

  private readonly unsettled: Retries;
  private readonly uncertain: Retries;

  constructor(private readonly parts: KeyedCallsParts) {
    const { clock, background } = parts;
    this.unsettled = new Retries(clock, background, 'ledger settle', UNSETTLED);
    this.uncertain = new Retries(clock, background, 'ledger claim', UNCERTAIN);
  }

  /** A name for one try. */
  newAttempt(): string {
    return this.parts.rng.bytes(12).toString('base64url');
  }

  /**
   * Waits until the key is this call's, or has an outcome.
   * @param signal aborted when nobody waits for the call any more
   * @throws WireError: used with other arguments, outcome unknown, too many wait; CapacityError when the ledger cannot
   * say. Nothing may be run then
   */
  async take(entry: LedgerEntry, signal: AbortSignal): Promise<Turn> {
    const deadline = this.parts.clock.monotonic() + WAIT_MS;
    for (;;) {
      const claim = await this.claim(entry);
      if (claim.state === 'claimed') failpoint('ledger.claimed');
      const standing = claim.state === 'running' ? await this.wait(entry, deadline, signal) : claim;
      switch (standing.state) {
        case 'claimed':
        case 'settled':
          return standing;
        case 'unknown':
          throw outcomeUnknown('the node that ran the call with this idempotency key was lost');
        case 'conflict':
          throw invalidParams(`_meta["${IDEMPOTENCY_KEY}"]: used before with other arguments`);
        case 'free': // then for whoever claims first
      }
    }
  }

  /** Stores an outcome; false when another one is stored. While the ledger is away it is tried again in the background. */
  async settle(entry: LedgerEntry, fence: number, outcomeJson: string): Promise<boolean> {
    const store = (): Promise<boolean> => this.parts.ledger.settle(entry, fence, outcomeJson);
    try {
      const kept = await store();
      failpoint('ledger.settled');
      return kept;
    } catch (thrown) {
      this.later(thrown, store);
      return true; // as far as anybody knows: the client gets what the tool said
    }
  }

  /** Gives the key back: nothing was done. */
  async release(entry: LedgerEntry, fence: number): Promise<void> {
    const store = (): Promise<void> => this.parts.ledger.release(entry, fence);
    try {
      await store();
    } catch (thrown) {
      this.later(thrown, store);
    }
  }

  private async claim(entry: LedgerEntry): Promise<Claim> {
    try {
      return await this.parts.ledger.claim(entry);
    } catch (thrown) {
      // It may have been done all the same: without this the key would stay taken for as long as this node lives.
      if (isUnavailable(thrown))
        this.uncertain.add(async () => {
          const claim = await this.parts.ledger.claim(entry);
          if (claim.state === 'claimed') await this.parts.ledger.release(entry, claim.fence);
        });
      throw refusalOf(thrown, `${NOT_RUN}, its idempotency key cannot be checked`);
    }
  }

  private async wait(entry: LedgerEntry, deadline: number, signal: AbortSignal) {
    if (this.waiting >= MAX_WAITING)
      throw new CapacityError(`${NOT_RUN}: ${String(MAX_WAITING)} calls wait for others with their keys, the limit`, 1);
    this.waiting += 1;
    try {
      for (;;) {
        const standing = await this.look(entry);
        signal.throwIfAborted();
        if (standing.state !== 'running') return standing;
        if (this.parts.clock.monotonic() >= deadline)
          throw new CapacityError(`${NOT_RUN}: one with the same idempotency key is still running`, 5);
      }
    } catch (thrown) {
      throw refusalOf(thrown, `${NOT_RUN}, its idempotency key cannot be checked`);
    } finally {
      this.waiting -= 1;
    }
  }

  private look(entry: LedgerEntry): Promise<Standing | { readonly state: 'free' }> {
    const name = `${entry.key} ${entry.digest}`;
    const underWay = this.looks.get(name);
    if (underWay !== undefined) return underWay;
    const { clock, ledger } = this.parts;
    const look = sleep(clock, POLL_MS)
      .then(() => ledger.look(entry))
      .finally(() => this.looks.delete(name));
    this.looks.set(name, look);
    return look;
  }

  /** What cannot even be tried again is reported: the key stays taken for as long as this node lives. */
  private later(thrown: unknown, work: () => Promise<unknown>): void {
    if (isOutage(thrown) && this.unsettled.add(work)) return;
    this.parts.background.run('ledger settle', () => Promise.reject(asError(thrown)));
  }
}
