import { CapacityError, Code, invalidParams, preview, WireError } from '../wire/errors.js';
import type { Exchange } from '../exchange/exchange.js';
import type { ResourceReturn } from '../registry/definitions.js';
import type { Located, Registry } from '../registry/registry.js';
import { MAX_SUBSCRIPTIONS } from '../session/session.js';
import { acknowledge } from './initialize.method.js';

/** `resources/read` */
export async function readResource(registry: Registry, exchange: Exchange): Promise<void> {
  const uri = readUri(exchange);
  const located = locate(registry, exchange, uri);
  await exchange.openAnswers();
  const returned = await run(located, uri, exchange);
  const { mimeType } = located.resource.definition;
  const result = typeof returned === 'string' ? { contents: [{ uri, mimeType, text: returned }] } : returned;
  if (exchange.era === 'session') {
    exchange.complete(result);
    return;
  }
  // Answers are not part of a cache's key, so a result that used them must not be kept (2026-07-28, "Cache Key").
  const { ttlMs, scope } = exchange.asked ? { ttlMs: 0, scope: 'private' } : located.resource.cache;
  exchange.complete({ ...result, ttlMs, cacheScope: scope });
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

function run(located: Located, uri: string, exchange: Exchange): ResourceReturn | Promise<ResourceReturn> {
  if (located.kind === 'resource') return located.resource.definition.handler(uri, exchange);
  return located.resource.definition.handler(located.variables, exchange, uri);
}

function readUri(exchange: Exchange): string {
  const { uri } = exchange.request.params;
  if (typeof uri !== 'string') throw invalidParams(`uri: expected a string, got ${preview(uri)}`);
  return uri;
}

function locate(registry: Registry, exchange: Exchange, uri: string): Located {
  const located = registry.locate(uri);
  if (located !== undefined) return located;
  // 2026-07-28 took -32002 back in favour of -32602.
  const code = exchange.era === 'stateless' ? Code.InvalidParams : Code.ResourceNotFound;
  throw new WireError(code, `Resource not found: ${preview(uri)}`, { uri });
}
