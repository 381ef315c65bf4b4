import { BoundedMap, type Clock, type Timer } from '@mcp-cluster/kernel';

/** One word a second and resource: a log that is written all the time must not become a stream of notifications. */
export const CHANGE_INTERVAL_MS = 1_000;

/** Resources that can wait for their second at once. Beyond it the longest waiting one is told early, none is lost. */
const MAX_WAITING = 1_000;

interface Waiting {
  readonly timer: Timer;
  /** Whether it changed again since it was told. */
  again: boolean;
}

/** Tells of changes at once, and of those within the next interval once at its end: the last one is always told. */
export class ChangeThrottle {
  private readonly waiting: BoundedMap<string, Waiting>;

  /** @param tell what changed; it must not throw */
  constructor(
    private readonly clock: Clock,
    private readonly tell: (what: string) => void,
    private readonly intervalMs = CHANGE_INTERVAL_MS,
    capacity = MAX_WAITING,
  ) {
    this.waiting = new BoundedMap(capacity, (what, { timer, again }) => {
      timer.cancel();
      if (again) this.tell(what);
    });
  }

  changed(what: string): void {
    const waiting = this.waiting.get(what);
    if (waiting === undefined) this.tellNow(what);
    else waiting.again = true;
  }

  /** Nothing is told any more. */
  stop(): void {
    for (const [what, { timer }] of [...this.waiting]) {
      timer.cancel();
      this.waiting.delete(what);
    }
  }

  private tellNow(what: string): void {
    const timer = this.clock.after(this.intervalMs, () => {
      const again = this.waiting.get(what)?.again === true;
      this.waiting.delete(what);
      if (again) this.tellNow(what);
    });
    this.waiting.set(what, { timer, again: false });
    this.tell(what);
  }
}
