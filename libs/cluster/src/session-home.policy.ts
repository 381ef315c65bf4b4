/** A node as this policy sees it. */
export interface Identified {
  readonly id: string;
}

/**
 * The node for a session's request: the one that made the session if it is among the usable ones, else the
 * one that rendezvous hashing of the session id gives. Managers share no state and agree, because the hash
 * depends on the ids only; when a node goes, only its own sessions move.
 * @param home id of the node that made the session, if the session id says it
 * @returns undefined when no node is usable
 */
export function chooseSessionNode<T extends Identified>(
  sessionId: string,
  home: string | undefined,
  usable: readonly T[],
): T | undefined {
  // First, because the hash of a long id for each node before it costs more than all the rest of routing.
  if (home !== undefined) for (const node of usable) if (node.id === home) return node;
  let best: T | undefined;
  let bestWeight = -1;
  for (const node of usable) {
    const weight = rendezvousWeight(sessionId, node.id);
    // Equal weights (1 in 2³²) are settled by id, so the order of the list never matters.
    if (weight > bestWeight || (weight === bestWeight && best !== undefined && node.id > best.id)) {
      best = node;
      bestWeight = weight;
    }
  }
  return best;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** 32 bits of FNV-1a over both texts, then murmur3's finaliser: FNV alone leaves the last characters' bits unmixed. */
function rendezvousWeight(sessionId: string, nodeId: string): number {
  let hash = fnv(fnv(FNV_OFFSET, sessionId) ^ 0xff, nodeId);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function fnv(seed: number, text: string): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return hash;
}
