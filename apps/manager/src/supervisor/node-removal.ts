import type { NodeState } from '@mcp-cluster/cluster';
import { asError, sleep, type Clock } from '@mcp-cluster/kernel';
import type { DrainOrder } from './drain-order.js';
import type { Supervisor, SupervisorLog } from './supervisor.js';

/** A member of the cluster as those see it who remove it. */
export interface HeldNode {
  readonly address: { readonly key: string; readonly managementOrigin: string };
  readonly health: { readonly state: NodeState };
  /** Requests of this manager that it has. */
  readonly inFlight: number;
  readonly report: { readonly inFlight: number; readonly sessions: number; readonly streams: number };
}

/** Where members are found. */
export interface Members {
  nodes(): readonly HeldNode[];
}

/** Why a node goes. */
export type RemovalCause = 'scale_in' | 'restart' | 'drained' | 'ordered';

export interface RemovalParts {
  readonly supervisor: Pick<Supervisor, 'retire' | 'shrink'>;
  readonly members: Members;
  readonly order: DrainOrder;
  readonly clock: Clock;
  readonly log: SupervisorLog;
  /** Milliseconds that its calls may take. */
  readonly drainMs: number;
}

/** Milliseconds between looks at a draining node; its report is renewed twice a second. */
const LOOK_MS = 100;
/** Milliseconds that a draining node goes on accepting while managers notice, before its calls' time begins. */
const NOTICE_MS = 1_000;

/** Takes a node out in two phases, so that no call is lost: it drains until it is empty, then its process ends. */
export class NodeRemoval {
  constructor(private readonly parts: RemovalParts) {}

  /** Resolves when the process is gone. The node does not count from the call on. */
  async remove(id: string, cause: RemovalCause): Promise<void> {
    const { supervisor, clock, log, drainMs } = this.parts;
    supervisor.retire(id);
    const deadline = clock.monotonic() + NOTICE_MS + drainMs;
    const node = this.find(id);
    if (node !== undefined) {
      const { sessions, streams, inFlight } = node.report;
      log.info({ member: id, cause, phase: 'drain', sessions, streams, inFlight }, 'node is being removed');
      await this.drain(node);
      const empty = await this.untilEmpty(id, deadline);
      if (!empty) log.warn({ member: id, cause, inFlight: node.report.inFlight }, 'node is stopped with calls running');
    }
    log.info({ member: id, cause, phase: 'stop' }, 'node is being removed');
    // Its tasks show in no report: what is left of the time is theirs.
    await supervisor.shrink(id, Math.max(0, deadline - clock.monotonic()));
    log.info({ member: id, cause, phase: 'gone' }, 'node is removed');
  }

  private async drain(node: HeldNode): Promise<void> {
    if (node.health.state === 'draining') return;
    try {
      await this.parts.order(node.address.managementOrigin);
    } catch (thrown) {
      // It may hang. Its end comes all the same, and SIGTERM drains too.
      this.parts.log.warn({ member: node.address.key, err: asError(thrown) }, 'node did not take the order to drain');
    }
  }

  /** @returns false when the deadline passed before */
  private async untilEmpty(id: string, deadline: number): Promise<boolean> {
    const { clock } = this.parts;
    for (;;) {
      const node = this.find(id);
      // Its process has ended meanwhile.
      if (node === undefined || isEmpty(node)) return true;
      if (clock.monotonic() >= deadline) return false;
      await sleep(clock, LOOK_MS);
    }
  }

  private find(id: string): HeldNode | undefined {
    return this.parts.members.nodes().find(({ address }) => address.key === id);
  }
}

/** Only a report that says `draining` is from after the order. */
function isEmpty({ health, inFlight, report }: HeldNode): boolean {
  return health.state === 'draining' && inFlight + report.inFlight + report.streams === 0;
}
