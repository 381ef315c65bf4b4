/** Envoy's defaults. */
export const FAILURES_TO_EJECTION = 5;
/** Milliseconds of a first ejection; the n-th lasts n times as long. */
export const BASE_EJECTION_MS = 30_000;
export const MAX_EJECTION_MS = 300_000;
/** Milliseconds without an ejection after which one earlier ejection is forgotten. */
export const FORGIVE_INTERVAL_MS = 10_000;
/** Of all hosts, at most this share is ejected at a time, but always one may be. */
export const MAX_EJECTED_SHARE = 0.1;

/** What the detector remembers of one host. Made by `OutlierDetector.add`. */
export interface OutlierHost {
  /** Failed calls since the last one that was answered. */
  readonly failuresInRow: number;
  readonly ejected: boolean;
}

class Host implements OutlierHost {
  failuresInRow = 0;
  ejected = false;
  /** How often it was ejected, less what time has forgiven. */
  times = 0;
  /** Monotonic milliseconds when the ejection is over; after that, from when on forgiving counts. */
  until = 0;
}

/**
 * Passive health: a host that fails five calls in a row is ejected, for 30 s the first time. It sees what no check
 * sees: a node that answers its checks and fails its calls. How slow a host is does not matter here, the cost
 * sees to that: taking a slow node out doubles the load of the others (slow is not dead).
 *
 * Left out on purpose: success-rate outliers, which need 5 hosts with 100 calls each in 10 s to mean anything. A host
 * that fails every second call is avoided by its cost.
 */
export class OutlierDetector {
  private readonly hosts = new Set<Host>();
  private out = 0;

  get ejected(): number {
    return this.out;
  }

  /** How many may be ejected now: a tenth, at least one, and never the only host. */
  get limit(): number {
    const { size } = this.hosts;
    return size < 2 ? 0 : Math.max(1, Math.floor(size * MAX_EJECTED_SHARE));
  }

  add(): OutlierHost {
    const host = new Host();
    this.hosts.add(host);
    return host;
  }

  remove(host: OutlierHost): void {
    if (!this.hosts.delete(host as Host)) return;
    if (host.ejected) this.out -= 1;
  }

  /** A call was answered. An ejected host stays ejected: in a panic it gets calls, and one good one proves little. */
  succeeded(host: OutlierHost): void {
    (host as Host).failuresInRow = 0;
  }

  /**
   * A call failed.
   * @param now monotonic milliseconds
   * @returns whether the host was ejected by it
   */
  failed(host: OutlierHost, now: number): boolean {
    const mine = host as Host;
    mine.failuresInRow += 1;
    if (mine.ejected || mine.failuresInRow < FAILURES_TO_EJECTION) return false;
    if (this.out >= this.limit || !this.hosts.has(mine)) return false;
    this.forgive(mine, now);
    mine.times += 1;
    mine.ejected = true;
    mine.until = now + Math.min(MAX_EJECTION_MS, BASE_EJECTION_MS * mine.times);
    this.out += 1;
    return true;
  }

  /** Whether an ejected host has served its time. */
  isOver(host: OutlierHost, now: number): boolean {
    return host.ejected && now >= (host as Host).until;
  }

  /** Ends an ejection, because its time is over or because what was wrong is known to be mended. */
  release(host: OutlierHost, now: number): void {
    if (!host.ejected) return;
    const mine = host as Host;
    mine.ejected = false;
    mine.failuresInRow = 0;
    mine.until = now;
    this.out -= 1;
  }

  /** Each whole interval since the last ejection ended takes one off the count. */
  private forgive(host: Host, now: number): void {
    const intervals = Math.max(0, Math.floor((now - host.until) / FORGIVE_INTERVAL_MS));
    host.times = Math.max(0, host.times - intervals);
  }
}
