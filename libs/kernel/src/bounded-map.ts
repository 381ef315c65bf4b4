/**
 * A map that never holds more than `capacity` entries: setting one more drops the least recently
 * set or read one. For small bookkeeping; the caches of the product live in libs/cache.
 */
export class BoundedMap<K, V> {
  private readonly entries = new Map<K, V>();

  /** @param capacity entries, at least 1 */
  constructor(
    readonly capacity: number,
    private readonly onEvict?: (key: K, value: V) => void,
  ) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`BoundedMap capacity: expected an integer of at least 1, got ${String(capacity)}`);
  }

  get size(): number {
    return this.entries.size;
  }

  /** The value, which becomes the most recently used one. */
  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  has(key: K): boolean {
    return this.entries.has(key);
  }

  set(key: K, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.capacity) return;
    const oldest = this.entries.entries().next();
    if (oldest.done) return;
    this.entries.delete(oldest.value[0]);
    this.onEvict?.(oldest.value[0], oldest.value[1]);
  }

  delete(key: K): boolean {
    return this.entries.delete(key);
  }

  values(): IterableIterator<V> {
    return this.entries.values();
  }

  /** Oldest first. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries.entries();
  }
}
