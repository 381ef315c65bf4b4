import { isPanic, NodeLoad, OutlierDetector } from '@mcp-cluster/balance';
import type { Rng } from '@mcp-cluster/kernel';
import type { Choose, Place, Policy } from './policies.ts';

/** How often a manager looks whether an ejection is over: with each health check. */
const CHECK_MS = 500;

/** One manager: its own view of all nodes, from its own calls alone. */
export class ManagerModel {
  private readonly places: Place[] = [];
  private readonly outliers = new OutlierDetector();
  private readonly policy: Policy;
  private readonly rng: Rng;
  private readonly choose: Choose;
  private candidates: readonly Place[] = [];
  private checkedAt = 0;

  constructor(policy: Policy, rng: Rng) {
    this.policy = policy;
    this.rng = rng;
    this.choose = policy.make();
  }

  join(index: number, now: number): void {
    const place: Place = { id: `node-${String(index + 1)}`, index, load: new NodeLoad(), host: this.outliers.add() };
    if (this.policy.slowStart) place.load.warm(now);
    this.places.push(place);
    this.refresh();
  }

  /** @param key of what is asked for, where that matters */
  pick(now: number, key = 0): Place {
    if (this.outliers.ejected > 0 && now - this.checkedAt >= CHECK_MS) this.check(now);
    const place = this.choose(this.candidates, now, this.rng, key);
    if (place === undefined) throw new RangeError('a simulation needs a node');
    place.load.begin('calls');
    return place;
  }

  ended(place: Place, ms: number, failed: boolean, now: number): void {
    place.load.end('calls');
    if (!failed) {
      place.load.rtt.observe(ms, now);
      this.outliers.succeeded(place.host);
      return;
    }
    if (this.policy.chargesFailures) place.load.rtt.charge(now);
    else place.load.rtt.observe(ms, now);
    if (this.policy.ejects && this.outliers.failed(place.host, now)) this.refresh();
  }

  private check(now: number): void {
    this.checkedAt = now;
    for (const place of this.places) {
      if (!this.outliers.isOver(place.host, now)) continue;
      this.outliers.release(place.host, now);
      place.load.rtt.forget();
      if (this.policy.slowStart) place.load.warm(now);
      this.refresh();
    }
  }

  private refresh(): void {
    const usable = this.places.filter(({ host }) => !host.ejected);
    this.candidates = isPanic(usable.length, this.places.length) ? [...this.places] : usable;
  }
}
