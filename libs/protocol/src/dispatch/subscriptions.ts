import { SubscriptionsListenRequestParamsSchema } from '@modelcontextprotocol/core';
import type { KeptResults } from '../cache/kept-results.js';
import { forgetAndTell } from '../cache/forgetting.js';
import type { Announcer, ClusterBus, ClusterEvent } from '../cluster/bus.js';
import type { ListKind } from '../exchange/context.js';
import type { Exchange } from '../exchange/exchange.js';
import type { SessionDirectory } from '../session/session-directory.js';
import { knowsTasks, tasksNotDeclared } from '../tasks/task.js';
import type { Tasks } from '../tasks/tasks.js';
import { CapacityError, invalidParams, preview } from '../wire/errors.js';
import { notificationMessage, type Params } from '../wire/message.js';
import { SUBSCRIPTION_ID_META_KEY } from '../wire/meta.js';

/** Listen streams a node keeps open: 5,000 of at most 30 KiB each are 150 MB (reliability.md, experiment 16). */
export const MAX_LISTENERS = 5_000;
const LISTS: readonly ListKind[] = ['tools', 'prompts', 'resources'];
/** URIs that one listen stream may name. */
const MAX_URIS = 1_000;

interface Filter {
  readonly toolsListChanged?: true;
  readonly promptsListChanged?: true;
  readonly resourcesListChanged?: true;
  readonly resourceSubscriptions?: string[];
  /** Of the tasks extension: what was asked, without what is not this principal's. */
  readonly taskIds?: string[];
}

interface Listener {
  readonly exchange: Exchange;
  readonly filter: Filter;
  readonly uris: ReadonlySet<string>;
  readonly taskIds: ReadonlySet<string>;
}

/** Brings the cluster's events to those who asked for them, in both eras. */
export class Subscriptions implements Announcer {
  private readonly listeners = new Set<Listener>();

  constructor(
    bus: ClusterBus,
    private readonly sessions: SessionDirectory,
    private readonly tasks: Tasks,
    private readonly cache: KeptResults | undefined,
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
    // The SDK's schema does not know extensions and leaves their members out: they are read from what came.
    const taskIds = this.readTaskIds(exchange, exchange.request.params['notifications'] as Params);
    const filter = { ...readFilter(parsed.data.notifications), ...(taskIds && { taskIds }) };
    const listener = {
      exchange,
      filter,
      uris: new Set(filter.resourceSubscriptions),
      taskIds: new Set(filter.taskIds),
    };
    this.listeners.add(listener);
    exchange.onEnd = () => this.listeners.delete(listener);
    tell(exchange, 'notifications/subscriptions/acknowledged', { notifications: filter });
    // What changed between the client's last poll and now would else be heard of with the next change only.
    if (taskIds !== undefined) this.tasks.want(taskIds);
    // A manager has brought it from a node that was lost: what changed in between was told to nobody.
    if (exchange.reply.again === true) tellMissed(listener);
  }

  listChanged(kind: ListKind): void {
    this.deliver({ type: 'list-changed', kind });
  }

  resourceUpdated(uri: string): void {
    forgetAndTell(this.cache, uri, (event) => {
      this.deliver(event);
    });
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
      case 'task-changed': {
        const { taskId, members } = event;
        for (const { exchange, taskIds } of this.listeners) if (taskIds.has(taskId)) tellTask(exchange, members);
        return;
      }
      case 'cancelled':
      case 'session-ended':
      case 'session-changed':
      case 'ask-answered':
        return; // the session directory's
      case 'resync':
        this.tellAll();
        return;
      case 'cache-invalidated':
      case 'cache-settled':
        return; // the cache's
      case 'task-answered':
      case 'task-cancelled':
      case 'task-wanted':
        return; // the tasks'
    }
  }

  /** Of every change that may have been missed: one too many costs a look, one too few is never noticed. */
  private tellAll(): void {
    for (const kind of LISTS) this.listChanged(kind);
    const uris = new Set<string>();
    for (const listener of this.listeners) for (const uri of listener.uris) uris.add(uri);
    for (const session of this.sessions) for (const uri of session.subscriptions) uris.add(uri);
    for (const uri of uris) this.deliver({ type: 'resource-updated', uri });
    this.tasks.want([...this.listeners].flatMap(({ taskIds }) => [...taskIds]));
  }

  private readTaskIds(exchange: Exchange, { taskIds }: Params): string[] | undefined {
    if (taskIds === undefined) return undefined;
    if (!knowsTasks(exchange.peer.capabilities)) throw tasksNotDeclared();
    if (!Array.isArray(taskIds) || !taskIds.every((taskId) => typeof taskId === 'string'))
      throw invalidParams(`notifications.taskIds: expected an array of strings, got ${preview(taskIds)}`);
    if (taskIds.length > MAX_URIS)
      throw invalidParams(
        `notifications.taskIds: expected at most ${String(MAX_URIS)} tasks, got ${String(taskIds.length)}`,
      );
    return taskIds.filter((taskId) => this.tasks.owns(taskId, exchange.principal));
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

/** Of a change of everything that the listener asked for. */
function tellMissed({ exchange, filter, uris }: Listener): void {
  for (const kind of LISTS)
    if (filter[`${kind}ListChanged`] === true) tell(exchange, `notifications/${kind}/list_changed`, {});
  for (const uri of uris) tell(exchange, 'notifications/resources/updated', { uri });
}

function subscriptionMeta(exchange: Exchange): Params {
  return { [SUBSCRIPTION_ID_META_KEY]: exchange.request.id };
}

/** A task's state; its members are JSON already, and may be long. */
function tellTask(exchange: Exchange, members: string): void {
  const meta = JSON.stringify({ _meta: subscriptionMeta(exchange) }).slice(1, -1);
  exchange.notify(`{"jsonrpc":"2.0","method":"notifications/tasks","params":{${meta},${members}}}`);
}

function tell(exchange: Exchange, method: string, params: Params): void {
  exchange.notify(notificationMessage(method, { _meta: subscriptionMeta(exchange), ...params }));
}
