import { LocalError } from '@mcp-cluster/kernel';
import { invalidParams } from '../wire/errors.js';
import { writeCursor, type Cursor } from './cursor.js';
import type { ListedResource } from './definitions.js';

/** Entries of one page: about 100 KB of ordinary tools, the most that one answer should be. */
export const PAGE_SIZE = 250;
/** Resources that one template may list; more is a search, not a list. */
export const MAX_LISTED = 10_000;

/** An entry of a list: its key, and what the list says of it as JSON. */
export interface Entry {
  readonly key: string;
  readonly listing: string;
}

/** The members of one page, `"tools":[…],"nextCursor":"…"`. */
export function pageMembers(kind: string, entries: readonly Entry[], next: Cursor | undefined): string {
  const list = `"${kind}":[${entries.map(({ listing }) => listing).join(',')}]`;
  return next === undefined ? list : `${list},"nextCursor":"${writeCursor(kind, next)}"`;
}

/**
 * One page of a list: what was registered, in that order, then what templates list, by URI.
 * @param listed undefined where nothing is listed
 */
export function cutPage(
  kind: string,
  registered: readonly Entry[],
  listed: readonly Entry[] | undefined,
  after: Cursor | undefined,
): string {
  const page: (Entry & { readonly part: Cursor['part'] })[] = [];
  if (after?.part !== 'listed') {
    const start = after === undefined ? 0 : 1 + registered.findIndex(({ key }) => key === after.after);
    if (after !== undefined && start === 0) throw invalidParams('cursor: its place in the list has gone; begin again');
    for (const entry of registered.slice(start, start + PAGE_SIZE + 1)) page.push({ ...entry, part: 'registered' });
  }
  if (listed !== undefined && page.length <= PAGE_SIZE) {
    const from = after?.part === 'listed' ? listed.findIndex(({ key }) => key > after.after) : 0;
    const rest = from === -1 ? [] : listed.slice(from, from + PAGE_SIZE + 1 - page.length);
    for (const entry of rest) page.push({ ...entry, part: 'listed' });
  }
  const shown = page.slice(0, PAGE_SIZE);
  const last = page.length > PAGE_SIZE ? shown.at(-1) : undefined;
  return pageMembers(kind, shown, last && { after: last.key, part: last.part });
}

/**
 * What templates list, by URI: the same order at every node. One that is registered is not listed again.
 * @param lists one a template
 */
export function sortListed(lists: readonly ListedResource[][], isRegistered: (uri: string) => boolean): Entry[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  if (longest > MAX_LISTED)
    throw new LocalError(
      'too_many_resources',
      `resources/list: expected at most ${String(MAX_LISTED)} resources of a template, got ${String(longest)}`,
    );
  return lists
    .flat()
    .filter(({ uri }) => !isRegistered(uri))
    .sort((a, b) => (a.uri < b.uri ? -1 : 1))
    .map((resource) => ({ key: resource.uri, listing: JSON.stringify(resource) }));
}
