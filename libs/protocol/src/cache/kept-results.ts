import type { Background } from '@mcp-cluster/kernel';
import { isKnown } from '../exchange/context.js';
import type { Peer, PeerSession } from '../exchange/peer.js';
import { principalMark } from './cache-key.js';
import type { CompiledCache } from './compiled-cache.js';
import type { ResultCache } from './result-cache.js';

/** What a process keeps of results, and what it has learned about calls that could be shared. */
export class KeptResults {
  /** Tools and resources that asked their users: their calls are not shared any more. As many as are registered. */
  readonly askers = new WeakSet<CompiledCache>();
  private readonly marks = new WeakMap<PeerSession, string>();
  private marked = 0;

  constructor(
    readonly results: ResultCache,
    readonly background: Background,
  ) {}

  /** Whose accesses belong together, for prefetching: a principal's or a session's; nobody's where both are unknown. */
  askerOf({ principal, session }: Peer): string | undefined {
    if (isKnown(principal)) return principalMark(principal);
    if (session === undefined) return undefined;
    let mark = this.marks.get(session);
    if (mark === undefined) {
      mark = `session-${String((this.marked += 1))}`;
      this.marks.set(session, mark);
    }
    return mark;
  }
}
