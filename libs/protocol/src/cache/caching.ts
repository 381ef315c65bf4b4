import type { ExchangeServices } from '../exchange/exchange-services.js';
import { isKnown } from '../exchange/context.js';
import type { Exchange } from '../exchange/exchange.js';
import { isObject } from '../wire/message.js';
import { NO_CACHE_META_KEY } from './cache-meta.js';
import type { CompiledCache } from './compiled-cache.js';
import type { KeptResults } from './kept-results.js';
import { NotShareable, type Boarding, type CacheEntry, type CacheKey, type CacheQuery } from './result-cache.js';
import { callerOf, SharedContext, type Caller } from './shared-context.js';

/** Characters of arguments that are remembered to run a call ahead of time: of some thousand calls some megabytes. */
export const MAX_REMEMBERED = 4_096;

/**
 * The result as text (ResultText). What it throws is every caller's answer, and is not kept. It may be kept and run
 * again after the call has ended, so it holds nothing of the exchange.
 */
export type SharedRun = (context: SharedContext) => SharedResult | Promise<SharedResult>;

/** A result that those who wait get, and nobody later. */
export class Unkept {
  constructor(readonly text: string) {}
}

export type SharedResult = string | Unkept;

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

/**
 * Whether a call can be answered from what is kept at all: not one that brings answers of its user, and not one whose
 * result is private to somebody who has not said who he is: everybody else who has not would get it.
 */
export function isShared(kept: KeptResults, cache: CompiledCache, exchange: Exchange): boolean {
  const { inputResponses, requestState } = exchange.request.params;
  if (inputResponses !== undefined || requestState !== undefined || kept.askers.has(cache)) return false;
  return cache.keys.scope === 'public' || isKnown(exchange.principal);
}

/** Answers a call from what is kept, or runs it once for all who ask the same. A promise only where it is not at hand. */
export function answerShared(kept: KeptResults, call: CachedCall): void | Promise<void> {
  const { exchange, cache, key, run } = call;
  const { results } = kept;
  const prefetchable = cache.prefetchable && call.repeats;
  const query: CacheQuery<string> = {
    key,
    policy: cache.policy,
    load: loader(kept, cache, run, exchange.services, callerOf(exchange, key.scope)),
    asker: prefetchable ? kept.askerOf(exchange.peer) : undefined,
    prefetchable,
  };
  if (wantsNew(exchange)) return wait(call, results.reload(query, exchange));
  const entry = results.peek(query);
  if (entry === undefined) return wait(call, results.board(query, exchange));
  call.answer(entry);
}

async function wait(call: CachedCall, boarding: Boarding<string>): Promise<void> {
  const { exchange } = call;
  const before = exchange.onEnd;
  exchange.onEnd = () => {
    before?.();
    boarding.leave();
  };
  let entry: CacheEntry<string>;
  try {
    entry = await boarding.entry;
  } catch (thrown) {
    if (!exchange.isOpen) return;
    if (thrown instanceof NotShareable) await call.alone();
    else call.failed(thrown);
    return;
  }
  call.answer(entry);
}

/** Made where no exchange is in sight: the function outlives it. */
function loader(
  kept: KeptResults,
  cache: CompiledCache,
  run: SharedRun,
  services: ExchangeServices,
  caller: Caller,
): CacheQuery<string>['load'] {
  return async (flight) => {
    const context = new SharedContext(services, flight, caller);
    try {
      const result = await run(context);
      if (!context.asked)
        return result instanceof Unkept ? { value: result.text, keep: false } : { value: result, keep: true };
    } catch (thrown) {
      // A handler may make another error of it; what it wanted was to ask.
      if (!context.asked) throw thrown;
    }
    kept.askers.add(cache);
    throw new NotShareable(`${cache.keys.space} asks its client`);
  };
}

function wantsNew({ request }: Exchange): boolean {
  const meta = request.params['_meta'];
  return isObject(meta) && meta[NO_CACHE_META_KEY] === true;
}
