import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { ReportedLoad } from '@mcp-cluster/cluster';
import { sleep, yieldToEventLoop, type Clock } from '@mcp-cluster/kernel';
import type { Dispatcher } from '@mcp-cluster/protocol';
import type { Logger } from '@mcp-cluster/telemetry';

export type NodeState = 'starting' | 'ready' | 'draining';

/** What `/readyz` tells of a node: the manager reads it twice a second. */
export interface NodeStatus {
  readonly id: string;
  readonly version: string;
  readonly state: NodeState;
  readonly inFlight: number;
  readonly sessions: number;
  readonly streams: number;
  readonly mcpPort: number;
  readonly load: ReportedLoad;
  /** Where the state is that nodes share, and whether it can be reached. Readiness never depends on it. */
  readonly store: 'ok' | 'degraded' | 'memory';
}

export interface NodeProcessOptions {
  readonly id: string;
  readonly version: string;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly server: Server;
  readonly streams: () => number;
  readonly drain: { readonly delayMs: number; readonly timeoutMs: number };
  readonly logger: Logger;
  readonly load: () => ReportedLoad;
  readonly store: () => NodeStatus['store'];
}

/**
 * Milliseconds that a manager may take to notice that a node drains: it looks twice a second. Closing earlier cuts
 * connections on which its next request is already on the way, and the client hears that the outcome is unknown.
 */
export const NOTICE_MS = 1_000;

/** How often a draining node looks whether its calls have ended. */
const DRAIN_POLL_MS = 20;

/** The life of a serving node: starting, ready, draining, gone. */
export class NodeProcess {
  private state: NodeState = 'starting';
  private draining: Promise<void> | undefined;

  constructor(private readonly options: NodeProcessOptions) {}

  get status(): NodeStatus {
    const { id, version, dispatcher, streams, load, store } = this.options;
    return {
      id,
      version,
      state: this.state,
      inFlight: dispatcher.inFlight,
      sessions: dispatcher.sessions.size,
      streams: streams(),
      mcpPort: this.port,
      load: load(),
      store: store(),
    };
  }

  get port(): number {
    return (this.options.server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Opens the MCP port. @param opened what has to be done before calls are wanted, with the port that was taken */
  async listen(host: string, port: number, opened: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const { server } = this.options;
    server.listen(port, host);
    await once(server, 'listening');
    await opened();
    this.state = 'ready';
  }

  /**
   * Leaves in good order (reliability.md, section 3, "Drain order"): not ready, but still answering while the
   * news spreads; then no new connections; then waits for the calls that run. The second call joins the first.
   * @param noticeMs the least time for the news to spread; 0 when whoever asks sends no more requests
   */
  drain(reason: string, noticeMs = 0): Promise<void> {
    this.draining ??= this.leave(reason, noticeMs);
    return this.draining;
  }

  private async leave(reason: string, noticeMs: number): Promise<void> {
    const { clock, dispatcher, drain, logger, server } = this.options;
    this.state = 'draining';
    logger.info({ reason, inFlight: dispatcher.inFlight }, 'draining');
    await sleep(clock, Math.max(drain.delayMs, noticeMs));
    server.close();
    server.closeIdleConnections();
    dispatcher.closeListeners();
    const deadline = clock.monotonic() + drain.timeoutMs;
    // Tasks too: no other node has what they did so far.
    const busy = (): number => dispatcher.inFlight + dispatcher.tasks.size;
    while (busy() > 0 && clock.monotonic() < deadline) await sleep(clock, DRAIN_POLL_MS);
    const abandoned = busy();
    for (const session of dispatcher.sessions) session.stream?.close();
    if (abandoned > 0) logger.warn({ abandoned }, 'the drain timeout passed with calls running');
    else logger.info('drained');
    // Answers that were written a moment ago still have to leave.
    await yieldToEventLoop();
    server.closeAllConnections();
  }
}
