import type { ReadResourceResult } from '@modelcontextprotocol/server';
import { uriTag } from '../cache/cache-key.js';
import { answerShared, isShared, MAX_REMEMBERED, Unkept, type SharedRun } from '../cache/caching.js';
import type { KeptResults } from '../cache/kept-results.js';
import type { CompiledCache } from '../cache/compiled-cache.js';
import { completeText, ResultText } from '../cache/result-text.js';
import type { ExchangeContext } from '../exchange/context.js';
import { isObject } from '../wire/message.js';
import type { Era } from '../wire/revision.js';
import { CapacityError, Code, invalidParams, preview, WireError } from '../wire/errors.js';
import type { Exchange } from '../exchange/exchange.js';
import type { Located, Registry } from '../registry/registry.js';
import { MAX_SUBSCRIPTIONS } from '../session/session.js';
import { acknowledge } from './initialize.method.js';

/** `resources/read` */
export async function readResource(registry: Registry, exchange: Exchange): Promise<void> {
  const uri = readUri(exchange);
  const located = locate(registry, exchange, uri);
  await exchange.openAnswers();
  const { resource } = located;
  const { cache } = exchange.services;
  if (resource.cache !== undefined && cache !== undefined && isShared(cache, resource.cache, exchange))
    await readCached(cache, resource.cache, located, uri, exchange);
  else await readAlone(located, uri, exchange);
}

async function readAlone(located: Located, uri: string, exchange: Exchange): Promise<void> {
  const result = await run(located, uri, exchange);
  if (exchange.era === 'session') {
    exchange.complete(result);
    return;
  }
  // Answers are not part of a cache's key, so a result that used them must not be kept (2026-07-28, "Cache Key").
  const { ttlMs, scope } = exchange.asked ? { ttlMs: 0, scope: 'private' } : located.resource.hint;
  exchange.complete({ ...result, ttlMs, cacheScope: scope });
}

function readCached(
  kept: KeptResults,
  cache: CompiledCache,
  located: Located,
  uri: string,
  exchange: Exchange,
): void | Promise<void> {
  return answerShared(kept, {
    exchange,
    cache,
    key: cache.keys.key(JSON.stringify(uri), exchange.principal, tagsOf(uri)),
    run: readForAll(located, uri),
    repeats: uri.length <= MAX_REMEMBERED,
    answer: ({ value, freshUntil }) => {
      // What is left of its time, so that a client does not keep it for as long again.
      const left = Math.max(0, Math.floor(freshUntil - exchange.services.clock.now()));
      const hint = `,"ttlMs":${String(left)},"cacheScope":"${left === 0 ? 'private' : cache.keys.scope}"`;
      completeText(exchange, value, 'ok', exchange.era === 'session' ? '' : hint);
    },
    failed: (thrown) => {
      exchange.fail(ofEra(thrown, exchange.era));
    },
    alone: () => readAlone(located, uri, exchange),
  });
}

/** `resources/subscribe` and `resources/unsubscribe` (session era) */
export function changeSubscription(registry: Registry, exchange: Exchange, subscribed: boolean): void | Promise<void> {
  const uri = readUri(exchange);
  const { session } = exchange.peer;
  if (subscribed) {
    locate(registry, exchange, uri);
    if (session !== undefined && session.subscriptions.size >= MAX_SUBSCRIPTIONS)
      throw new CapacityError(`a session may subscribe to ${String(MAX_SUBSCRIPTIONS)} resources`, 60);
  }
  return acknowledge(exchange, session?.subscribe(uri, subscribed));
}

function readForAll(located: Located, uri: string): SharedRun {
  return async (context) => {
    const result = new ResultText();
    const { ttlMs, cacheScope, ...read } = await run(located, uri, context);
    result.complete(read);
    // Its handler knows better than its declaration that this one is not for everybody, or not for later.
    const isKept = ttlMs !== 0 && (cacheScope !== 'private' || located.resource.hint.scope === 'private');
    return isKept ? result.read() : new Unkept(result.read());
  };
}

async function run(located: Located, uri: string, context: ExchangeContext): Promise<ReadResourceResult> {
  const { resource } = located;
  const returned =
    located.kind === 'resource'
      ? await located.resource.definition.handler(uri, context)
      : await located.resource.definition.handler(located.variables, context, uri);
  const { mimeType } = resource.definition;
  return typeof returned === 'string' ? { contents: [{ uri, mimeType, text: returned }] } : returned;
}

function readUri(exchange: Exchange): string {
  const { uri } = exchange.request.params;
  if (typeof uri !== 'string') throw invalidParams(`uri: expected a string, got ${preview(uri)}`);
  return uri;
}

/** That there is no such resource is said by another code in each era, and the load may have been begun by the other one. */
function ofEra(thrown: unknown, era: Era): unknown {
  if (!(thrown instanceof WireError) || !isObject(thrown.data) || thrown.data['uri'] === undefined) return thrown;
  const code = notFound(era);
  const isNotFound = thrown.code === Code.ResourceNotFound || thrown.code === Code.InvalidParams;
  return isNotFound && thrown.code !== code ? new WireError(code, thrown.message, thrown.data) : thrown;
}

/** 2026-07-28 took -32002 back in favour of -32602. */
function notFound(era: Era): number {
  return era === 'stateless' ? Code.InvalidParams : Code.ResourceNotFound;
}

function locate(registry: Registry, exchange: Exchange, uri: string): Located {
  const located = registry.locate(uri);
  if (located !== undefined) return located;
  throw new WireError(notFound(exchange.era), `Resource not found: ${preview(uri)}`, { uri });
}

/** A query selects a part of a resource (`?bytes=0-99`), which changes when the whole does. */
function tagsOf(uri: string): string[] {
  const query = uri.indexOf('?');
  return query === -1 ? [uriTag(uri)] : [uriTag(uri), uriTag(uri.slice(0, query))];
}
