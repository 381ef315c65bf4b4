import type { ClusterBus, ClusterEvent } from '@mcp-cluster/protocol';

type Listener = (event: ClusterEvent) => void;

/** A cluster's bus in one process: each view is a node's. For tests of what several nodes do together. */
export class BusHub {
  private readonly views = new Set<BusView>();

  attach(): ClusterBus {
    const view = new BusView((event) => {
      for (const other of this.views)
        if (other !== view)
          queueMicrotask(() => {
            other.deliver(event);
          });
    });
    this.views.add(view);
    return view;
  }
}

class BusView implements ClusterBus {
  private readonly listeners: Listener[] = [];

  constructor(private readonly send: Listener) {}

  publish(event: ClusterEvent): void {
    this.deliver(event);
    this.send(event);
  }

  subscribe(listener: Listener): void {
    this.listeners.push(listener);
  }

  deliver(event: ClusterEvent): void {
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch {
        // One listener's fault is not another's; a real bus reports it.
      }
    }
  }
}
