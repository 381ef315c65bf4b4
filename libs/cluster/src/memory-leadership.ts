import type { Leadership, Term } from './registration.schema.js';

/** The only manager of a cluster leads always. */
const ONLY: Term = { token: 1 };

/** Leadership of a cluster without a shared store, where there is nobody to lead instead. */
export class MemoryLeadership implements Leadership {
  private readonly listeners: ((term: Term | undefined) => void)[] = [];
  private current: Term | undefined;

  get term(): Term | undefined {
    return this.current;
  }

  onChange(listener: (term: Term | undefined) => void): void {
    this.listeners.push(listener);
  }

  start(): void {
    this.change(ONLY);
  }

  stop(): Promise<void> {
    this.change(undefined);
    return Promise.resolve();
  }

  private change(term: Term | undefined): void {
    if (term === this.current) return;
    this.current = term;
    for (const listener of this.listeners) listener(term);
  }
}
