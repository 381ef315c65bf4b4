import { sleep, type Clock } from '@mcp-cluster/kernel';

/** What a drain stops, in the order of its use. */
export interface Drainable {
  /** Readiness becomes false: load balancers look elsewhere. Every answer closes its connection, so that clients do too. */
  unready(): void;
  /** No new connection. */
  stopAccepting(): void;
  /** Ends streams that would never end by themselves. */
  endStreams(): void;
  /** Resolves when no exchange is open. */
  whenIdle(): Promise<void>;
  /** Ends what is left with an error, and cuts its connections. */
  cut(): void;
  /**
   * Stops the rest of the process: discovery with its nodes, timers, other servers.
   * @param leftMs milliseconds of the timeout that the exchanges did not use: tasks on nodes may
   */
  stopRest(leftMs: number): Promise<void>;
}

export interface DrainTimes {
  /** Milliseconds to go on accepting: balancers learn of it concurrently with the signal, not before. */
  readonly delayMs: number;
  /** Milliseconds that open exchanges, and after them what still runs on the nodes, may take after that. */
  readonly timeoutMs: number;
}

/** Stops a manager so that no request is refused and as few as possible are cut. */
export async function drain(parts: Drainable, times: DrainTimes, clock: Clock): Promise<void> {
  parts.unready();
  if (times.delayMs > 0) await sleep(clock, times.delayMs);
  parts.stopAccepting();
  parts.endStreams();
  const deadline = clock.monotonic() + times.timeoutMs;
  const over = new AbortController();
  await Promise.race([
    parts.whenIdle(),
    // Rejects when the exchanges were faster; that is not an error.
    sleep(clock, times.timeoutMs, over.signal).catch(() => undefined),
  ]);
  over.abort();
  parts.cut();
  await parts.stopRest(Math.max(0, deadline - clock.monotonic()));
}
