import type { Clock } from '@mcp-cluster/kernel';

/** Those who wait until another node has loaded something. As many as there are flights. */
export class WakeUps {
  private readonly sleepers = new Map<string, Set<() => void>>();

  constructor(private readonly clock: Clock) {}

  /** Resolves when the key is told of, or after `ms` milliseconds. Rejects with the signal's reason. */
  wait(id: string, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        this.remove(id, wake);
      };
      const wake = (): void => {
        end();
        resolve();
      };
      const onAbort = (): void => {
        end();
        reject(signal.reason as Error);
      };
      const timer = this.clock.after(ms, wake);
      signal.addEventListener('abort', onAbort, { once: true });
      this.add(id, wake);
    });
  }

  wake(id: string): void {
    for (const sleeper of [...(this.sleepers.get(id) ?? [])]) sleeper();
  }

  /** How many keys are waited for. */
  get size(): number {
    return this.sleepers.size;
  }

  private add(id: string, wake: () => void): void {
    const there = this.sleepers.get(id);
    if (there === undefined) this.sleepers.set(id, new Set([wake]));
    else there.add(wake);
  }

  private remove(id: string, wake: () => void): void {
    const there = this.sleepers.get(id);
    there?.delete(wake);
    if (there?.size === 0) this.sleepers.delete(id);
  }
}
