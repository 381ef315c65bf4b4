import type { NotificationKind } from '@mcp-cluster/protocol';
import type { CloseReason, EvictionBound, ResumeResult, StreamKind, StreamObserver } from '@mcp-cluster/transports';

/** Keeps what the streams of a transport tell of themselves, oldest first. */
export class StreamRecord implements StreamObserver {
  readonly closings: (readonly [StreamKind, CloseReason])[] = [];
  readonly firsts: (readonly [StreamKind, number])[] = [];
  readonly drops: NotificationKind[] = [];
  readonly resumptions: ResumeResult[] = [];
  readonly evictions: EvictionBound[] = [];

  closed(kind: StreamKind, reason: CloseReason): void {
    this.closings.push([kind, reason]);
  }

  firstEvent(kind: StreamKind, ms: number): void {
    this.firsts.push([kind, ms]);
  }

  dropped(kind: NotificationKind): void {
    this.drops.push(kind);
  }

  resumed(result: ResumeResult): void {
    this.resumptions.push(result);
  }

  evicted(bound: EvictionBound): void {
    this.evictions.push(bound);
  }
}
