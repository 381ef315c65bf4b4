import { ANONYMOUS, canonicalJson, KeySpace, type CacheKey } from '@mcp-cluster/protocol';
import type { Keying } from './contestant.ts';
import type { ToolArguments } from './questions.ts';

/** Public, so that the key holds no more than what the peers' keys hold. */
const SPACE = new KeySpace('tool_result', 'report', 'public', '1');

/** The key as a node makes it. */
export function clusterKey(args: ToolArguments): CacheKey {
  return SPACE.key(canonicalJson(args) ?? '', ANONYMOUS);
}

/** The key of a peer: the tool and the canonical text of its arguments, or the hash that a node makes of it. */
export function plainKey(keying: Keying): (args: ToolArguments) => string {
  return keying === 'hash' ? (args) => clusterKey(args).id : (args) => `report:${canonicalJson(args) ?? ''}`;
}
