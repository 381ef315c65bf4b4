import type { NodeLoad } from './node-load.js';

/** What a node had to do lately, by what its load counted: older calls count less and less. */
export class RecentCalls {
  private pastBegun: number;
  private pastAnswers = 0;
  private pastMs = 0;

  constructor(private readonly load: NodeLoad) {
    // Of before nobody knows when it was; of the times it is better than nothing.
    this.pastBegun = load.begun;
  }

  /** Calls that were begun. */
  get begun(): number {
    return this.load.begun - this.pastBegun;
  }

  /** Mean milliseconds to the first byte; 0 where there was none. */
  get meanMs(): number {
    const { answers, totalMs } = this.load.rtt;
    return answers === this.pastAnswers ? 0 : (totalMs - this.pastMs) / (answers - this.pastAnswers);
  }

  /** @param kept what calls up to now count from now on, 0 … 1 */
  decay(kept: number): void {
    const { answers, totalMs } = this.load.rtt;
    this.pastBegun += this.begun * (1 - kept);
    this.pastAnswers += (answers - this.pastAnswers) * (1 - kept);
    this.pastMs += (totalMs - this.pastMs) * (1 - kept);
  }
}
