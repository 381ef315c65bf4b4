import type { Membership } from '../membership/membership.js';

/**
 * Whether this manager wants traffic. It becomes ready when enough nodes are, and stays so when they go: an
 * answer that says "no node, try again" is worth more than a refused connection, and all managers
 * would turn away together.
 */
export class Readiness {
  /** Resolves when `needed` nodes have taken calls at one time. */
  readonly reached: Promise<void>;
  private current: 'starting' | 'ready' | 'draining' = 'starting';

  /** @param needed nodes, at least 1 */
  constructor(membership: Membership, needed: number) {
    this.reached = new Promise((resolve) => {
      membership.onChange(() => {
        if (this.current !== 'starting' || membership.ready.length < needed) return;
        this.current = 'ready';
        resolve();
      });
    });
  }

  get state(): 'starting' | 'ready' | 'draining' {
    return this.current;
  }

  get ready(): boolean {
    return this.current === 'ready';
  }

  drain(): void {
    this.current = 'draining';
  }
}
