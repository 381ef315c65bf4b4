import { BoundedMap } from '@mcp-cluster/kernel';

/** Home node of a session by its id, or undefined for an id that does not open. */
export type HomeOf = (sessionId: string) => string | undefined;

/** Ids kept: at about 400 bytes each under 4 MiB. Opening one that fell out costs some microseconds again. */
const MAX_HOMES = 8192;
/** Longer ids are opened each time: an id's size is the client's choice, the memory is ours. */
const MAX_KEPT_LENGTH = 1024;

/**
 * Remembers what opened session ids said: decrypting on every request of a session costs more than the rest of
 * routing. A home never changes; that an id has expired is for the node to find.
 */
export function rememberHomes(open: HomeOf): HomeOf {
  const homes = new BoundedMap<string, string>(MAX_HOMES);
  return (sessionId) => {
    const known = homes.get(sessionId);
    if (known !== undefined) return known;
    const home = open(sessionId);
    if (home !== undefined && sessionId.length <= MAX_KEPT_LENGTH) homes.set(sessionId, home);
    return home;
  };
}
