import type { NodeDirectory } from '@mcp-cluster/cluster';
import { asError, type Background, type Clock, type Timer } from '@mcp-cluster/kernel';
import type { Discovery } from './discovery.js';
import type { Roster } from './roster.js';

/** Milliseconds between two looks: a node that registers takes calls within a second, and a look is one short script. */
export const LOOK_INTERVAL_MS = 500;

/** Misses that are not worth a word: at the start the store is still being connected to. */
const QUIET_MISSES = 1;

/**
 * Nodes are those that hold a lease in the shared store. A store that does not answer changes nothing, and a node whose
 * lease is over stays as long as it answers its health check: discovery is advice, health decides.
 */
export class RedisDiscovery implements Discovery {
  private timer: Timer | undefined;
  private looking = false;
  /** Looks in a row that failed. */
  private misses = 0;
  private known: ReadonlySet<string> = new Set();

  constructor(
    private readonly directory: NodeDirectory,
    private readonly roster: Pick<Roster, 'join' | 'markAbsent'>,
    private readonly clock: Clock,
    private readonly background: Background,
    private readonly log: {
      info(fields: object, message: string): void;
      warn(fields: object, message: string): void;
    },
  ) {}

  start(): void {
    this.timer = this.clock.every(LOOK_INTERVAL_MS, () => {
      this.look();
    });
    this.look();
  }

  stop(): Promise<void> {
    this.timer?.cancel();
    return Promise.resolve();
  }

  private look(): void {
    // The store has a time limit of its own; this keeps two slow answers from overtaking each other.
    if (this.looking) return;
    this.looking = true;
    this.background.run('node-directory', async () => {
      try {
        this.found(await this.directory.list());
        if (this.misses > QUIET_MISSES) this.log.info({}, 'the directory of nodes answers again');
        this.misses = 0;
      } catch (thrown) {
        this.misses += 1;
        // Told once, not twice a second: everything else that needs the store complains too.
        if (this.misses === QUIET_MISSES + 1)
          this.log.warn({ err: asError(thrown) }, 'no directory of nodes: those known stay');
      } finally {
        this.looking = false;
      }
    });
  }

  private found(nodes: Awaited<ReturnType<NodeDirectory['list']>>): void {
    const seen = new Set<string>();
    for (const { id, origin, managementOrigin, pid, version } of nodes) {
      seen.add(origin);
      // By where it is, not by its id: a node that restarted there is the same member, one that restarted elsewhere
      // is another, for which the connections of the old one are of no use.
      this.roster.join({ key: origin, id, origin, managementOrigin, pid, version });
    }
    for (const key of this.known) if (!seen.has(key)) this.roster.markAbsent(key);
    this.known = seen;
  }
}
