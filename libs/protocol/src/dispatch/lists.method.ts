import type { Exchange } from '../exchange/exchange.js';
import type { Listing, Registry } from '../registry/registry.js';
import { readCursor } from '../registry/cursor.js';

/**
 * `tools/list`, `prompts/list`, `resources/list`, `resources/templates/list`.
 * @param extra members of the result besides the list, as JSON with a leading comma
 */
export function listPage(registry: Registry, exchange: Exchange, kind: Listing, extra: string): void | Promise<void> {
  const after = readCursor(kind, exchange.request.params['cursor']);
  const page = registry.page(kind, after);
  if (typeof page === 'string') {
    exchange.completeMembers(page + extra);
    return;
  }
  return page.then((members) => {
    exchange.completeMembers(members + extra);
  });
}
