import { bare } from './bare.ts';
import { bentocache } from './bentocache.ts';
import { cacheable, cacheableWrap } from './cacheable.ts';
import type { Contestant } from './contestant.ts';
import { ours, oursPromised } from './ours.ts';

/** Everything that is compared, in the order in which a repeat runs it. */
export function contestants(): Contestant[] {
  return [
    bare,
    ours,
    oursPromised,
    bentocache('bentocache', true),
    bentocache('bentocache-plain', false),
    cacheable('cacheable', { useClone: true, nonBlocking: false }),
    cacheable('cacheable-plain', { useClone: false, nonBlocking: true }),
    cacheableWrap('cacheable-wrap'),
  ];
}
