/** A cache of so many keys that drops the one which was asked for longest ago. */
export class Lru {
  private readonly kept = new Set<number>();
  private readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  has(key: number): boolean {
    if (!this.kept.delete(key)) return false;
    this.kept.add(key);
    return true;
  }

  keep(key: number): void {
    this.kept.add(key);
    if (this.kept.size <= this.size) return;
    const [oldest] = this.kept;
    if (oldest !== undefined) this.kept.delete(oldest);
  }
}
