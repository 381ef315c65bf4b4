import type { Invalidations } from './store/store-request.js';

/** 10,000 tags are about 1 MB: those of minutes in which the disk does not work. */
const CAPACITY = 10_000;

/**
 * What was invalidated and is not on the disk yet: the store is told of all of it before it serves anything. Of too many it
 * is only known that everything up to a version is to be forgotten.
 */
export class PendingInvalidations {
  private readonly marks = new Map<string, number>();
  private floor = 0;
  private highest = 0;

  /** The highest version that the disk knows of. */
  get newest(): number {
    return this.highest;
  }

  /** The disk knows of this version. */
  learn(version: number): void {
    this.highest = Math.max(this.highest, version);
  }

  get empty(): boolean {
    return this.marks.size === 0 && this.floor === 0;
  }

  add(tags: readonly string[], version: number): void {
    for (const tag of tags) this.marks.set(tag, Math.max(version, this.marks.get(tag) ?? 0));
    if (this.marks.size <= CAPACITY) return;
    this.raise(Math.max(...this.marks.values()));
    this.marks.clear();
  }

  /** Everything that was born at this version or before. */
  raise(floor: number): void {
    this.floor = Math.max(this.floor, floor);
  }

  snapshot(): Invalidations {
    return { marks: [...this.marks], floor: this.floor };
  }

  /** These are on the disk. What came since stays. */
  settle({ marks, floor }: Invalidations): void {
    for (const [tag, version] of marks) {
      if ((this.marks.get(tag) ?? Infinity) <= version) this.marks.delete(tag);
      this.learn(version);
    }
    if (this.floor <= floor) this.floor = 0;
    this.learn(floor);
  }
}
