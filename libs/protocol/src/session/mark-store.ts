/** Remembers which one-time marks were used, in the whole cluster (S5). */
export interface MarkStore {
  /**
   * Takes a mark; false when it was taken before. Kept for `lifeMs`, after which what it marks has expired anyway.
   * @throws LocalError `store_unavailable`
   */
  take(mark: string, lifeMs: number): Promise<boolean>;
  /** The mark may be taken once more. */
  release(mark: string): Promise<void>;
}
