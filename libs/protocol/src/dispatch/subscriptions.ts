import { SubscriptionsListenRequestParamsSchema } from '@modelcontextprotocol/core';
import type { ClusterBus, ClusterEvent } from '../cluster/bus.js';
import type { Exchange } from '../exchange/exchange.js';
import type { SessionDirectory } from '../session/session-directory.js';
import { CapacityError, invalidParams } from '../wire/errors.js';
import { notificationMessage, type Params } from '../wire/message.js';
import { SUBSCRIPTION_ID_META_KEY } from '../wire/meta.js';

/** Listen streams a node keeps open: the SDK's default for one handler. */
export const MAX_LISTENERS = 1_024;
/** URIs that one listen stream may name. */
const MAX_URIS = 1_000;

interface Filter {
  readonly toolsListChanged?: true;
  readonly promptsListChanged?: true;
  readonly resourcesListChanged?: true;
  readonly resourceSubscriptions?: string[];
}

interface Listener {
  readonly exchange: Exchange;
  readonly filter: Filter;
  readonly uris: ReadonlySet<string>;
}

/** Brings the cluster's events to those who asked for them, in both eras. */
export class Subscriptions {
  private readonly listeners = new Set<Listener>();

  constructor(
    bus: ClusterBus,
    private readonly sessions: SessionDirectory,
  ) {
    bus.subscribe((event) => {
      this.deliver(event);
    });
  }

  get size(): number {
    return this.listeners.size;
  }

  /** Opens a listen stream (2026-07-28): the acknowledgement first, then what the filter lets through. */
  listen(exchange: Exchange): void {
    const parsed = SubscriptionsListenRequestParamsSchema.safeParse(exchange.request.params);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw invalidParams(`${issue?.path.map(String).join('.') ?? 'notifications'}: ${issue?.message ?? 'malformed'}`);
    }
    if (!exchange.streams) throw invalidParams('subscriptions/listen needs a client that accepts text/event-stream');
    if (this.listeners.size >= MAX_LISTENERS)
      throw new CapacityError(`this node serves ${String(MAX_LISTENERS)} listen streams, its limit`, 5);
    const filter = readFilter(parsed.data.notifications);
    const listener = { exchange, filter, uris: new Set(filter.resourceSubscriptions) };
    this.listeners.add(listener);
    exchange.onEnd = () => this.listeners.delete(listener);
    tell(exchange, 'notifications/subscriptions/acknowledged', { notifications: filter });
  }

  /** Ends every listen stream with the result that says it ended in good order. */
  closeAll(): void {
    for (const { exchange } of [...this.listeners]) exchange.complete({ _meta: subscriptionMeta(exchange) });
  }

  private deliver(event: ClusterEvent): void {
    switch (event.type) {
      case 'list-changed': {
        const method = `notifications/${event.kind}/list_changed`;
        const wanted = `${event.kind}ListChanged` as const;
        for (const { exchange, filter } of this.listeners) if (filter[wanted]) tell(exchange, method, {});
        const message = notificationMessage(method);
        for (const session of this.sessions) session.stream?.notify(message);
        return;
      }
      case 'resource-updated': {
        const method = 'notifications/resources/updated';
        const { uri } = event;
        for (const { exchange, uris } of this.listeners) if (uris.has(uri)) tell(exchange, method, { uri });
        const message = notificationMessage(method, { uri });
        for (const session of this.sessions) if (session.subscriptions.has(uri)) session.stream?.notify(message);
        return;
      }
      case 'cancelled':
      case 'session-ended':
        return; // the session directory's
    }
  }
}

function readFilter(asked: Record<string, unknown>): Filter {
  const uris = asked['resourceSubscriptions'];
  if (Array.isArray(uris) && uris.length > MAX_URIS)
    throw invalidParams(
      `notifications.resourceSubscriptions: expected at most ${String(MAX_URIS)} URIs, got ${String(uris.length)}`,
    );
  return {
    ...(asked['toolsListChanged'] === true && { toolsListChanged: true as const }),
    ...(asked['promptsListChanged'] === true && { promptsListChanged: true as const }),
    ...(asked['resourcesListChanged'] === true && { resourcesListChanged: true as const }),
    ...(Array.isArray(uris) && { resourceSubscriptions: uris as string[] }),
  };
}

function subscriptionMeta(exchange: Exchange): Params {
  return { [SUBSCRIPTION_ID_META_KEY]: exchange.request.id };
}

function tell(exchange: Exchange, method: string, params: Params): void {
  exchange.notify(notificationMessage(method, { _meta: subscriptionMeta(exchange), ...params }));
}
