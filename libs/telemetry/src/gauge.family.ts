import type { Registry } from 'prom-client';
import { Children, register, type FamilyOptions, type Labels } from './family.js';

/** What a gauge shows at this moment. */
export type Reading<L extends string> = readonly [labels: Labels<L>, value: number];

/**
 * A gauge has no memory: `read` is called at each scrape and tells everything there is, so that what has gone
 * away is not shown any more. Readings that fold into the same labels are added up.
 */
export function gaugeFamily<const L extends string>(
  registry: Registry,
  options: FamilyOptions<L>,
  read: () => Iterable<Reading<L>>,
): void {
  register(registry, options, 'gauge', () => {
    const children = new Children<L, { labels: Labels<L>; value: number }>(options, (labels) => ({ labels, value: 0 }));
    for (const [labels, value] of read()) children.get(labels).value += value;
    return children.values().map(({ labels, value }) => ({ labels, value }));
  });
}
