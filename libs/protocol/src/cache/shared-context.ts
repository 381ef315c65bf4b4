import type { LoggingLevel } from '@modelcontextprotocol/server';
import { yieldToEventLoop } from '@mcp-cluster/kernel';
import { ANONYMOUS, type ExchangeContext, type ListKind, type Principal } from '../exchange/context.js';
import type { ExchangeServices } from '../exchange/exchange-services.js';
import type { Peer } from '../exchange/peer.js';
import { CancelledError } from '../wire/errors.js';
import type { Era, Revision } from '../wire/revision.js';
import { forgetInCluster, tellCluster } from './forgetting.js';
import { NotShareable, type CacheScope, type Flight } from './result-cache.js';

/** Those who wait for one load, as far as its handler talks to them. */
interface Passenger {
  progress(progress: number, total?: number, message?: string): void;
  log(level: LoggingLevel, data: unknown, logger?: string): void;
}

/** Nothing of one caller's client is told to a handler whose result others get. */
const NO_CLIENT = { capabilities: {} } as const;

/**
 * The context of a handler whose result goes to everybody who asks the same. What it says, all who wait hear; whom
 * it works for, it is told only where the result is that principal's own: a public result cannot hold what it
 * never knew. It cannot ask: an answer would be one user's.
 */
export class SharedContext implements ExchangeContext {
  readonly client = NO_CLIENT;
  readonly idempotencyKey = undefined;
  readonly principal: Principal;
  readonly revision: Revision;
  readonly era: Era;
  /** The handler tried to ask: whatever it returns is not for others. */
  asked = false;

  /** @param requestId of the call that began the load, for logs */
  constructor(
    private readonly services: ExchangeServices,
    private readonly flight: Flight,
    readonly requestId: string,
    peer: Peer,
    scope: CacheScope,
  ) {
    this.principal = scope === 'public' ? ANONYMOUS : peer.principal;
    this.revision = peer.revision;
    this.era = peer.era;
  }

  get signal(): AbortSignal {
    return this.flight.signal;
  }

  throwIfCancelled(): void {
    if (this.flight.signal.aborted) throw new CancelledError('everybody who waited has gone');
  }

  progress(progress: number, total?: number, message?: string): void {
    for (const passenger of this.passengers) passenger.progress(progress, total, message);
  }

  log(level: LoggingLevel, data: unknown, logger?: string): void {
    for (const passenger of this.passengers) passenger.log(level, data, logger);
  }

  async breathe(): Promise<void> {
    await yieldToEventLoop();
    this.throwIfCancelled();
  }

  ask(): Promise<never> {
    this.asked = true;
    return Promise.reject(new NotShareable('its handler asks the client'));
  }

  elicit(): Promise<never> {
    return this.ask();
  }

  sample(): Promise<never> {
    return this.ask();
  }

  /** It goes on: a task is one client's. */
  detach(): Promise<void> {
    this.throwIfCancelled();
    return Promise.resolve();
  }

  closeStream(): boolean {
    return false;
  }

  listChanged(kind: ListKind): void {
    this.services.bus.publish({ type: 'list-changed', kind });
  }

  resourceUpdated(uri: string): void {
    tellCluster(this.services, uri);
  }

  forget(tags: readonly string[]): Promise<void> {
    return forgetInCluster(this.services, tags);
  }

  private get passengers(): ReadonlySet<Passenger> {
    return this.flight.passengers as ReadonlySet<Passenger>;
  }
}
