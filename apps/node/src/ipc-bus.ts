import type { ClusterBus, ClusterEvent } from '@mcp-cluster/protocol';

/** What a node and the manager that started it say to each other about the bus. */
interface BusMessage {
  readonly type: 'bus';
  readonly event: ClusterEvent;
}

/** The part of `process` that a child has when its parent opened a channel to it. */
export interface IpcChannel {
  send?(message: object): boolean;
  /** False once the parent has closed the channel. */
  readonly connected?: boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/**
 * The bus of nodes that one manager started: it passes each event on to the others. Event for event as
 * `LocalBus` within the process, so that a node never waits for its own.
 */
export class IpcBus implements ClusterBus {
  private readonly listeners: ((event: ClusterEvent) => void)[] = [];

  constructor(private readonly channel: IpcChannel) {
    channel.on('message', (message) => {
      if (isBusMessage(message)) this.deliver(message.event);
    });
  }

  publish(event: ClusterEvent): void {
    this.deliver(event);
    // Sending on a closed channel is an error that nobody could catch.
    if (this.channel.connected !== false) this.channel.send?.({ type: 'bus', event } satisfies BusMessage);
  }

  subscribe(listener: (event: ClusterEvent) => void): void {
    this.listeners.push(listener);
  }

  private deliver(event: ClusterEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

function isBusMessage(message: unknown): message is BusMessage {
  return typeof message === 'object' && message !== null && (message as { type?: unknown }).type === 'bus';
}
