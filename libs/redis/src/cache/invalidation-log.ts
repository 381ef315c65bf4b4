import type { Store } from '../connection/store.js';
import { EVERYTHING } from '@mcp-cluster/protocol';
import { BIRTH, LOG_MARKS } from './cache.lua.js';
import { INVALIDATE, SINCE } from './log.scripts.js';

/** An entry lives for a day at most, on disk (P06); an hour more for clocks and late writes. In microseconds, as versions. */
const KEEP_MICROS = 25 * 3_600_000_000;

/** About 10 MB of Redis. */
const MOST = 100_000;

/** At a time: each costs some hundred bytes of answer, or some microseconds of Redis. */
const MAX_READ = 5_000;
const MAX_TAGS_AT_ONCE = 500;

/** What was invalidated when, in Redis: see LOG. */
export class InvalidationLog {
  readonly key: string;

  constructor(
    private readonly store: Store,
    private readonly most = MOST,
  ) {
    this.key = store.key('cache', 'log');
  }

  /** More than 500 tags have several versions; the last of them is returned. */
  async add(tags: readonly string[], version: number): Promise<number> {
    let last = Number.isSafeInteger(version) ? version : 0;
    for (let from = 0; from === 0 || from < tags.length; from += MAX_TAGS_AT_ONCE) {
      const some = tags.slice(from, from + MAX_TAGS_AT_ONCE);
      last = (await this.store.run(INVALIDATE, [this.key], [last, KEEP_MICROS, this.most, ...some])) as number;
    }
    return last;
  }

  /** At most 5,000, oldest first, those of the version itself included: to go on, ask again with the last one's. */
  async since(version: number): Promise<readonly { readonly tag: string; readonly version: number }[]> {
    const flat = (await this.store.run(SINCE, [this.key], [version, MAX_READ])) as string[];
    const found: { tag: string; version: number }[] = [];
    for (let at = 0; at < flat.length; at += 2) {
      const tag = flat[at] ?? '';
      const score = Number(flat[at + 1]);
      // Nobody knows what was invalidated before it began.
      if (tag === BIRTH && score > version) found.push({ tag: EVERYTHING, version: score });
      else if (!LOG_MARKS.has(tag)) found.push({ tag, version: score });
    }
    return found;
  }
}
