/** Finds nodes and tells the membership of them. */
export interface Discovery {
  start(): void;
  /** Stops looking; a discovery that started the nodes also ends them. */
  stop(): Promise<void>;
}
