import type { Background } from '@mcp-cluster/kernel';

export interface WriteLimits {
  /** Entries that are on their way to a level at once; default 1,000, a second's loads of a busy node. */
  readonly pending: number;
  /** What they take in memory together; default 64 MiB, as much as the first level. */
  readonly bytes: number;
}

export const WRITE_LIMITS: WriteLimits = { pending: 1_000, bytes: 64 * 1024 * 1024 };

/** Work that goes on behind the callers, bounded: a level that takes longer than loads do must not fill the memory. */
export class WriteBudget {
  private pending = 0;
  private bytes = 0;

  constructor(
    private readonly background: Background,
    private readonly limits: WriteLimits,
  ) {}

  /** @returns false when there is no room: then the work is not begun */
  run(name: string, bytes: number, work: () => Promise<void>): boolean {
    if (this.pending >= this.limits.pending || this.bytes + bytes > this.limits.bytes) return false;
    this.pending += 1;
    this.bytes += bytes;
    this.background.run(name, async () => {
      try {
        await work();
      } finally {
        this.pending -= 1;
        this.bytes -= bytes;
      }
    });
    return true;
  }
}
