import type { ListedCache, ListedCacheLevel, ListedInvalidation } from './admin-api.js';
import { plain, table } from './table.view.js';

/** The levels, each node's share of them, and what is used most. */
export function cacheText({ levels, nodes, hottest }: ListedCache): string {
  const sections = [levelTable(levels)];
  if (nodes.length > 0) sections.push(nodeTable(nodes));
  if (hottest.length > 0) sections.push(hottestTable(hottest));
  return sections.join('\n\n');
}

/** Nodes that said nothing, a line each. */
export function silentLines({ silent }: ListedCache): string[] {
  return silent.map(({ id, reason }) => plain(`${id}: ${reason}`));
}

export function invalidationTable({ nodes }: ListedInvalidation): string {
  return table(
    ['NODE', 'DONE', 'WHY NOT'],
    nodes.map(({ id, done, reason = '' }) => [id, done ? 'yes' : 'no', reason]),
  );
}

function levelTable(levels: ListedCache['levels']): string {
  return table(
    ['LEVEL', 'STATE', 'ENTRIES', 'BYTES', 'HITS', 'MISSES', 'HIT RATIO'],
    Object.entries(levels).map(([name, { state, entries, bytes, hits, misses, hitRatio }]) => [
      name,
      state,
      entries ?? '–',
      bytes ?? '–',
      hits,
      misses,
      percent(hitRatio),
    ]),
  );
}

function nodeTable(nodes: ListedCache['nodes']): string {
  const names = [...new Set(nodes.flatMap(({ levels }) => Object.keys(levels)))];
  return table(
    ['NODE', ...names.flatMap((name) => [name.toUpperCase(), `${name.toUpperCase()} HIT RATIO`])],
    nodes.map(({ id, levels }) => [id, ...names.flatMap((name) => cells(levels[name]))]),
  );
}

function cells(level: ListedCacheLevel | undefined): string[] {
  return [level?.state ?? '–', percent(level?.hitRatio)];
}

function hottestTable(hottest: ListedCache['hottest']): string {
  return table(
    ['HITS', 'BYTES', 'NODES', 'TYPE', 'OF', 'KEY'],
    hottest.map(({ hits, bytes, nodes, type, space, id }) => [hits, bytes, nodes, type, space, id]),
  );
}

function percent(ratio: number | undefined): string {
  return ratio === undefined ? '–' : `${(100 * ratio).toFixed(1)} %`;
}
