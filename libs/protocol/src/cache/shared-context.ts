import type { LoggingLevel } from '@modelcontextprotocol/server';
import { yieldToEventLoop } from '@mcp-cluster/kernel';
import { ANONYMOUS, type ExchangeContext, type ListKind, type Principal } from '../exchange/context.js';
import type { ExchangeServices } from '../exchange/exchange-services.js';
import { CancelledError } from '../wire/errors.js';
import type { Era, Revision } from '../wire/revision.js';
import { forgetInCluster, tellCluster } from './forgetting.js';
import { NotShareable, type CacheScope, type Flight } from './result-cache.js';

/** Those who wait for one load, as far as its handler talks to them. */
interface Passenger {
  progress(progress: number, total?: number, message?: string): void;
  log(level: LoggingLevel, data: unknown, logger?: string): void;
}

/** What a shared call knows of the call that began it. It may outlive that call for hours, so it holds nothing else of it. */
export interface Caller {
  /** For logs. */
  readonly requestId: string;
  /** The anonymous one where the result is public. */
  readonly principal: Principal;
  readonly revision: Revision;
  readonly era: Era;
}

export function callerOf({ requestId, principal, revision, era }: Caller, scope: CacheScope): Caller {
  return { requestId, principal: scope === 'public' ? ANONYMOUS : principal, revision, era };
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
  readonly requestId: string;
  readonly principal: Principal;
  readonly revision: Revision;
  readonly era: Era;
  /** The handler tried to ask: whatever it returns is not for others. */
  asked = false;

  constructor(
    private readonly services: ExchangeServices,
    private readonly flight: Flight,
    { requestId, principal, revision, era }: Caller,
  ) {
    this.requestId = requestId;
    this.principal = principal;
    this.revision = revision;
    this.era = era;
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
