import { asError } from './errors.js';

/** Told of every piece of background work that failed. It must not throw. */
export type BackgroundReporter = (name: string, error: Error) => void;

/**
 * Owns promises that nobody awaits: each failure is caught, counted and reported, none becomes an
 * unhandled rejection (style.md, habit 7). A component makes one, and drains it when it stops.
 */
export class Background {
  private readonly running = new Set<Promise<void>>();
  private failures = 0;

  constructor(private readonly report: BackgroundReporter) {}

  /**
   * Starts `work` in the next microtask, so that a throw in it never reaches the caller. `name` says in logs and
   * metrics what failed: a closed set, no ids in it.
   */
  run(name: string, work: () => Promise<void>): void {
    const promise = Promise.resolve()
      .then(work)
      .catch((thrown: unknown) => {
        this.failures += 1;
        this.report(name, asError(thrown));
      })
      .finally(() => this.running.delete(promise));
    this.running.add(promise);
  }

  /** How many pieces of work have failed since the start. */
  get failed(): number {
    return this.failures;
  }

  /** Resolves when everything that runs now has ended. */
  async drain(): Promise<void> {
    await Promise.all(this.running);
  }
}
