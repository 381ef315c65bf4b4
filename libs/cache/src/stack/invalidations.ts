/** Tags whose last invalidation is remembered: about 1 MB. */
export const MAX_INVALIDATIONS = 10_000;

/**
 * What this process knows of invalidations: of each tag the version of its last one. An entry is good only if it was
 * born after the last invalidation of each of its tags.
 *
 * Bounded: where a tag was forgotten, or invalidations were missed, a floor rises to the version up to which nothing can
 * be known, and what was born by then is taken as invalidated.
 */
export class Invalidations {
  private readonly versions = new Map<string, number>();
  private floor = 0;
  private floorGeneration = 0;
  /** Rises with each invalidation that was new: an entry that was found good at this count is good while it stays. */
  generation = 0;

  /** @param capacity tags */
  constructor(private readonly capacity = MAX_INVALIDATIONS) {}

  /** @returns whether anything of it was new */
  apply(tags: readonly string[], version: number): boolean {
    let news = false;
    for (const tag of tags) {
      if (version <= (this.versions.get(tag) ?? 0)) continue;
      this.versions.delete(tag); // the map is in the order of the last invalidations
      this.versions.set(tag, version);
      news = true;
    }
    if (!news) return false;
    this.generation += 1;
    this.forget();
    return true;
  }

  /** Of what happened up to this version nothing is known for sure. */
  raiseFloor(version: number): void {
    this.generation += 1;
    this.floor = Math.max(this.floor, version);
    this.floorGeneration = this.generation;
  }

  /**
   * Whether an entry is not invalidated, as far as this process can know.
   * @param checkedAt the generation at which it was found good before, if it was
   */
  isGood(born: number, tags: readonly string[], checkedAt = -1): boolean {
    if (born <= this.floor && checkedAt < this.floorGeneration) return false;
    return this.isNotKnownBad(born, tags);
  }

  /** The same for an entry whose level knows of invalidations by itself: what was forgotten here is known there. */
  isNotKnownBad(born: number, tags: readonly string[]): boolean {
    for (const tag of tags) if (born <= (this.versions.get(tag) ?? 0)) return false;
    return true;
  }

  private forget(): void {
    for (const [tag, version] of this.versions) {
      if (this.versions.size <= this.capacity) return;
      this.versions.delete(tag);
      this.floor = Math.max(this.floor, version);
      this.floorGeneration = this.generation;
    }
  }
}
