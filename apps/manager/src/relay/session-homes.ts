import { BoundedMap } from '@mcp-cluster/kernel';

/** Home node of a session or of a task by its id, or undefined for an id that does not open. */
export type HomeOf = (id: string) => string | undefined;

/** Ids kept: at about 400 bytes each under 4 MiB. Opening one that fell out costs some microseconds again. */
const MAX_HOMES = 8192;
/** Longer ids are opened each time: an id's size is the client's choice, the memory is ours. */
const MAX_KEPT_LENGTH = 1024;

/**
 * Remembers what opened ids said: decrypting on every request of a session, or every poll of a task, costs more than
 * the rest of routing. A home never changes; that an id has expired is for the node to find.
 */
export function rememberHomes(open: HomeOf): HomeOf {
  const homes = new BoundedMap<string, string>(MAX_HOMES);
  return (id) => {
    const known = homes.get(id);
    if (known !== undefined) return known;
    const home = open(id);
    if (home !== undefined && id.length <= MAX_KEPT_LENGTH) homes.set(id, home);
    return home;
  };
}
