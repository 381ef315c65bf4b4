import { BoundedMap, type Clock } from '@mcp-cluster/kernel';

/** Who takes a mark. */
export interface MarkHolder {
  /** The request's id in the cluster: the same when a manager gives the request to a second node. */
  readonly holder: string;
  /** A manager says that the request comes for the second time: it may take what it took itself. */
  readonly again: boolean;
}

/** Remembers which one-time marks were used, in the whole cluster (S5). */
export interface MarkStore {
  /**
   * Takes a mark; false when it was taken before, unless by the same holder, which comes again. Kept for `lifeMs`,
   * after which what it marks has expired anyway.
   * @throws LocalError `store_unavailable`: nobody knows whether it was taken; `store_full`
   */
  take(mark: string, lifeMs: number, by: MarkHolder): Promise<boolean>;
  /** The mark may be taken once more. */
  release(mark: string): Promise<void>;
}

/** Marks that a node remembers: a life of 600 s at 160 asks a second. */
const REMEMBERED = 100_000;

interface Mark {
  readonly holder: string;
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
}

/** The marks of one process. The oldest ones go first when there are too many. */
export class MemoryMarkStore implements MarkStore {
  private readonly taken = new BoundedMap<string, Mark>(REMEMBERED);

  constructor(private readonly clock: Clock) {}

  /** As `take`, at once. */
  takeNow(mark: string, lifeMs: number, { holder, again }: MarkHolder): boolean {
    const now = this.clock.monotonic();
    const before = this.taken.get(mark);
    if (before !== undefined && before.expiresAt > now && !(again && before.holder === holder)) return false;
    this.taken.set(mark, { holder, expiresAt: now + lifeMs });
    return true;
  }

  releaseNow(mark: string): void {
    this.taken.delete(mark);
  }

  take(mark: string, lifeMs: number, by: MarkHolder): Promise<boolean> {
    return Promise.resolve(this.takeNow(mark, lifeMs, by));
  }

  release(mark: string): Promise<void> {
    this.releaseNow(mark);
    return Promise.resolve();
  }
}
