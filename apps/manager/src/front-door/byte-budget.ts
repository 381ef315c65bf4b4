/**
 * Bytes of request bodies that the door may hold at once, over all clients. Bodies are kept until their
 * exchange ends (a failover sends them again), so without a bound many slow calls could fill the memory.
 */
export class ByteBudget {
  private taken = 0;

  /** @param limit bytes, more than 0 */
  constructor(readonly limit: number) {}

  /** Bytes held now. */
  get used(): number {
    return this.taken;
  }

  /** Takes `bytes` if they fit, and says whether they did. */
  take(bytes: number): boolean {
    if (this.taken + bytes > this.limit) return false;
    this.taken += bytes;
    return true;
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.taken -= bytes;
  }
}
