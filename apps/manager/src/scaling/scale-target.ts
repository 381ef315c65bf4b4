import type { Term } from '@mcp-cluster/cluster';
import { LocalError } from '@mcp-cluster/kernel';

/** Where decisions go. */
export interface ScaleTarget {
  /**
   * Nodes that are wanted at present, at least 1. Rejects with LocalError `size_unknown` when nobody has said so yet,
   * and `store_unavailable`.
   */
  current(): Promise<number>;
  /**
   * Carries a decision out, or hands it to who does. Rejects with LocalError `stale_term` when a later leader has
   * decided before, and `store_unavailable`; then nothing has changed.
   */
  apply(desired: number, term: Term): Promise<void>;
}

/** Something whose number of nodes can be set: the Fleet. */
export interface Sizable {
  readonly wanted: number;
  resize(to: number): void;
}

/** The processes that this manager starts. For a manager that leads alone: there is no other to tell. */
export class FleetTarget implements ScaleTarget {
  private highest = 0;

  constructor(private readonly fleet: Sizable) {}

  current(): Promise<number> {
    return Promise.resolve(this.fleet.wanted);
  }

  apply(desired: number, { token }: Term): Promise<void> {
    if (token < this.highest) return Promise.reject(staleTerm(token));
    this.highest = token;
    this.fleet.resize(desired);
    return Promise.resolve();
  }
}

/** Nodes that nobody here can start or stop. Its decisions are advice: the scaler applies none of them. */
export class ObservedTarget implements ScaleTarget {
  /** @param count nodes that are members and not about to go */
  constructor(private readonly count: () => number) {}

  current(): Promise<number> {
    const count = this.count();
    return count > 0 ? Promise.resolve(count) : Promise.reject(sizeUnknown('no node has been found'));
  }

  apply(): Promise<void> {
    return Promise.reject(new LocalError('not_ours', 'this manager starts and stops no nodes'));
  }
}

export function staleTerm(token: number): LocalError {
  return new LocalError('stale_term', `a later leader than that of token ${String(token)} has decided`);
}

export function sizeUnknown(why: string): LocalError {
  return new LocalError('size_unknown', why);
}
