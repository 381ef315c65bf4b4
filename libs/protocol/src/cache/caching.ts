import type { Background } from '@mcp-cluster/kernel';
import type { ExchangeServices } from '../exchange/exchange-services.js';
import type { Exchange } from '../exchange/exchange.js';
import type { Peer, PeerSession } from '../exchange/peer.js';
import { isObject } from '../wire/message.js';
import { principalMark } from './cache-key.js';
import { NO_CACHE_META_KEY } from './cache-meta.js';
import type { CompiledCache } from './compiled-cache.js';
import {
  NotShareable,
  type CacheEntry,
  type CacheKey,
  type CacheQuery,
  type Flight,
  type ResultCache,
} from './result-cache.js';
import { callerOf, SharedContext, type Caller } from './shared-context.js';

/** Characters of arguments that are remembered to run a call ahead of time: of some thousand calls some megabytes. */
export const MAX_REMEMBERED = 4_096;

/**
 * The result as text (ResultText). What it throws is every caller's answer, and is not kept. It may be kept and run
 * again after the call has ended, so it holds nothing of the exchange.
 */
export type SharedRun = (context: SharedContext) => string | Promise<string>;

/** One call that may be answered from what is kept. */
export interface CachedCall {
  readonly exchange: Exchange;
  readonly cache: CompiledCache;
  readonly key: CacheKey;
  readonly run: SharedRun;
  /** What it holds is small enough to be remembered for hours, so that it can be run ahead of time. */
  readonly repeats: boolean;
  /** Answers the exchange. */
  readonly answer: (entry: CacheEntry<string>) => void;
  readonly failed: (thrown: unknown) => void;
  /** Runs the call for this exchange alone. */
  readonly alone: () => void | Promise<void>;
}

/** Answers calls from the cache, or runs them once for all who ask the same. */
export class Caching {
  /** Tools and resources that asked their users: their calls are not shared any more. As many as are registered. */
  private readonly askers = new WeakSet<CompiledCache>();
  private readonly marks = new WeakMap<PeerSession, string>();
  private marked = 0;

  constructor(
    readonly results: ResultCache,
    readonly background: Background,
  ) {}

  /** Whether a call can be served from the cache at all: not one that brings answers of its user. */
  serves(exchange: Exchange, cache: CompiledCache): boolean {
    const { inputResponses, requestState } = exchange.request.params;
    return inputResponses === undefined && requestState === undefined && !this.askers.has(cache);
  }

  /** A promise only where the answer is not at hand. */
  call(call: CachedCall): void | Promise<void> {
    const { exchange, cache, key, run } = call;
    const prefetchable = cache.prefetchable && call.repeats;
    const query: CacheQuery<string> = {
      key,
      policy: cache.policy,
      load: this.loader(cache, run, exchange.services, callerOf(exchange, key.scope)),
      asker: prefetchable ? this.askerOf(exchange.peer) : undefined,
      prefetchable,
    };
    if (wantsNew(exchange)) return this.wait(call, this.results.reload(query, exchange));
    const entry = this.results.peek(query);
    if (entry !== undefined) call.answer(entry);
    else return this.wait(call, this.results.board(query, exchange));
  }

  private async wait(call: CachedCall, boarding: ReturnType<ResultCache['board']>): Promise<void> {
    const { exchange } = call;
    const before = exchange.onEnd;
    exchange.onEnd = () => {
      before?.();
      boarding.leave();
    };
    let entry: CacheEntry<unknown>;
    try {
      entry = await boarding.entry;
    } catch (thrown) {
      if (!exchange.isOpen) return;
      if (thrown instanceof NotShareable) await call.alone();
      else call.failed(thrown);
      return;
    }
    call.answer(entry as CacheEntry<string>);
  }

  /** Made where no exchange is in sight: the function outlives it. */
  private loader(cache: CompiledCache, run: SharedRun, services: ExchangeServices, caller: Caller) {
    return async (flight: Flight) => {
      const context = new SharedContext(services, flight, caller);
      try {
        const value = await run(context);
        if (!context.asked) return { value, keep: true };
      } catch (thrown) {
        // A handler may make another error of it; what it wanted was to ask.
        if (!context.asked) throw thrown;
      }
      this.askers.add(cache);
      throw new NotShareable(`${cache.keys.space} asks its client`);
    };
  }

  /** Whose accesses belong together, for prefetching: a principal's or a session's; nobody's where both are unknown. */
  private askerOf({ principal, session }: Peer): string | undefined {
    if (principal.issuer !== '') return principalMark(principal);
    if (session === undefined) return undefined;
    let mark = this.marks.get(session);
    if (mark === undefined) {
      mark = `session-${String((this.marked += 1))}`;
      this.marks.set(session, mark);
    }
    return mark;
  }
}

function wantsNew({ request }: Exchange): boolean {
  const meta = request.params['_meta'];
  return isObject(meta) && meta[NO_CACHE_META_KEY] === true;
}
