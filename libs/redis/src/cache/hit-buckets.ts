import type { Store } from '../connection/store.js';
import { HOTTEST, REPORT_HITS } from './hits.scripts.js';

/** Of one bucket and of one report: twice what a node's first level holds (P06). */
const MAX_MEMBERS = 2_000;

/** How often entries were used lately on all nodes, in Redis. */
export class HitBuckets {
  private readonly key: string;

  constructor(private readonly store: Store) {
    this.key = store.key('cache', 'hits');
  }

  /** Only the 2,000 with the most hits are counted. */
  async add(hits: readonly { readonly id: string; readonly hits: number }[]): Promise<void> {
    const top = hits.length > MAX_MEMBERS ? hits.toSorted((a, b) => b.hits - a.hits).slice(0, MAX_MEMBERS) : hits;
    if (top.length === 0) return;
    const args = [MAX_MEMBERS, ...top.flatMap(({ id, hits: count }) => [id, count])];
    await this.store.run(REPORT_HITS, [this.key], args);
  }

  async top(count: number): Promise<readonly string[]> {
    return (await this.store.run(HOTTEST, [this.key], [count])) as string[];
  }
}
