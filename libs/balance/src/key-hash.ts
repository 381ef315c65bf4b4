const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Between two parts, so that `a`, `bc` is another key than `ab`, `c`. No UTF-16 unit is as large. */
const SEPARATOR = 0x10000;

/**
 * 32 bits of FNV-1a over some texts, mixed. It decides where a call goes and nothing else, so it need not be unguessable: two
 * keys with one hash share a node and no answer, and whoever sends calls that all hash alike meets the bound on the
 * load of a node.
 */
export function keyHash(...parts: readonly string[]): number {
  let hash = FNV_OFFSET;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 1) hash = Math.imul(hash ^ part.charCodeAt(at), FNV_PRIME);
    hash = Math.imul(hash ^ SEPARATOR, FNV_PRIME);
  }
  return mix(hash);
}

/** murmur3's finaliser, one to one on 32 bits: FNV alone leaves the bits of the last characters unmixed. */
export function mix(bits: number): number {
  let hash = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
