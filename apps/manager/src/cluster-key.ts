import type { Rng } from '@mcp-cluster/kernel';

/** Bytes of a key that the manager makes itself: as many as sealing needs. */
const KEY_BYTES = 32;

/** The configured key, or a new one for a cluster that lives as long as this process. */
export function clusterSecret(configured: string | undefined, rng: Rng): string {
  // Base64url has no byte that an environment variable could not carry.
  return configured ?? rng.bytes(KEY_BYTES).toString('base64url');
}
