import type { ClusterBus, ClusterEvent } from '../cluster/bus.js';
import { namedTag, uriTag } from './cache-key.js';
import type { KeptResults } from './kept-results.js';

/** What a handler's word about changes needs of the services that its exchange has. */
interface Told {
  readonly bus: ClusterBus;
  readonly cache: KeptResults | undefined;
}

/** Forgets kept results that carry one of these names, on every node that can be reached. */
export async function forgetInCluster({ cache }: Told, names: readonly string[]): Promise<void> {
  await cache?.results.invalidate(names.map(namedTag));
}

/** Tells the cluster's subscribers that a resource changed. */
export function tellCluster({ bus, cache }: Told, uri: string): void {
  forgetAndTell(cache, uri, (event) => {
    bus.publish(event);
  });
}

/**
 * First what was kept of a resource is forgotten: who reads it because he was told of its change must not get the old
 * one.
 */
export function forgetAndTell(cache: KeptResults | undefined, uri: string, tell: (event: ClusterEvent) => void): void {
  const event: ClusterEvent = { type: 'resource-updated', uri };
  if (cache === undefined) tell(event);
  else
    cache.background.run('cache-invalidate', async () => {
      await cache.results.invalidate([uriTag(uri)]);
      tell(event);
    });
}
