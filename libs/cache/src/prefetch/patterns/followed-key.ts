/** Successors that are remembered of one key: more than two with a confidence over 0.4 cannot be, the others are rivals. */
export const MAX_SUCCESSORS = 4;
/**
 * At so many visits all counts are halved: what a key's callers did long ago weighs less than what they do now, and a
 * successor that is no more is forgotten after some thirty visits. Half of it is still enough for a whole confidence.
 */
export const VISITS_TO_HALVING = 32;
/** And after so many milliseconds, six hours: what was usual in the morning is half believed in the afternoon. */
export const HALF_LIFE_MS = 6 * 3_600_000;

/** How often one key was asked for, and what the same caller asked for next. */
export class FollowedKey {
  private visits = 1;
  private readonly counts = new Map<string, number>();

  /** @param halvedAt monotonic milliseconds: now */
  constructor(private halvedAt: number) {}

  get size(): number {
    return this.counts.size;
  }

  /** It was asked for. */
  visited(now: number): void {
    const lives = Math.floor((now - this.halvedAt) / HALF_LIFE_MS);
    if (lives > 0) {
      this.halve(lives);
      this.halvedAt += lives * HALF_LIFE_MS;
    }
    if (this.visits >= VISITS_TO_HALVING) this.halve(1);
    this.visits += 1;
  }

  /** The last visit was followed by this. */
  followedBy(id: string): void {
    const count = this.counts.get(id);
    if (count !== undefined) this.counts.set(id, count + 1);
    else if (this.counts.size < MAX_SUCCESSORS || this.forgetOnce()) this.counts.set(id, 1);
  }

  /** @param each told the share of the visits that it followed, 0 to 1 */
  each(each: (id: string, count: number, share: number) => void): void {
    for (const [id, count] of this.counts) each(id, count, count / Math.max(this.visits, count));
  }

  /** Makes room by one that was seen once. Halving makes such ones of all that are seen no more. */
  private forgetOnce(): boolean {
    for (const [id, count] of this.counts) if (count <= 1) return this.counts.delete(id);
    return false;
  }

  private halve(times: number): void {
    const divisor = 2 ** times;
    this.visits = Math.floor(this.visits / divisor);
    for (const [id, count] of this.counts) {
      const left = Math.floor(count / divisor);
      if (left === 0) this.counts.delete(id);
      else this.counts.set(id, left);
    }
  }
}
