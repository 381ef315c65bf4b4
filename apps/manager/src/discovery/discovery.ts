/** Finds nodes and tells the roster, or the membership itself, of them. */
export interface Discovery {
  start(): void;
  /**
   * Stops looking; a discovery that started the nodes also ends them.
   * @param callsMs milliseconds that what still runs on them may take
   */
  stop(callsMs?: number): Promise<void>;
}
