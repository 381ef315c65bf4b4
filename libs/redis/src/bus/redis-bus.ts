import { BoundedMap, systemRng, type Timer } from '@mcp-cluster/kernel';
import type { ClusterBus, ClusterEvent } from '@mcp-cluster/protocol';
import { Listeners } from '../connection/listeners.js';
import type { RedisSettings } from '../connection/redis-settings.js';
import type { Store } from '../connection/store.js';
import { readClusterEvent } from './cluster-event.js';
import { EventOutbox, type DropReason } from './event-outbox.js';
import { EventReader, type StreamEntry } from './event-reader.js';

/** Lives of processes that are told apart. One that is forgotten and speaks again is taken as new. */
const MAX_SENDERS = 1_024;

/** Told of what goes over the bus, for metrics. It must not throw. */
export interface BusObserver {
  /** Events of other processes that were delivered here. */
  received?(count: number): void;
  /** `overflow` and `too-large` were to be sent, `malformed` came in. */
  dropped?(reason: DropReason | 'malformed'): void;
  /** This process has to look at everything anew. */
  resync?(): void;
}

export interface RedisBusSettings {
  /** For the reading connection, which is the bus' own. */
  readonly redis: RedisSettings;
  /** For writing. */
  readonly store: Store;
  readonly observer?: BusObserver | undefined;
}

/**
 * The bus of a cluster with Redis: one stream with a short history. An event reaches this process' listeners at once and
 * the other processes' once each, in its sender's order, also after an outage. Where that cannot be kept (Redis
 * came back empty, an outage longer than the history, more events than may wait) listeners get one `resync` instead.
 */
export class RedisBus implements ClusterBus {
  private readonly listeners: Listeners<ClusterEvent>;
  private readonly senders = new BoundedMap<string, number>(MAX_SENDERS);
  private readonly waiting = new Set<() => void>();
  private readonly sender: string;
  private readonly outbox: EventOutbox;
  private readonly reader: EventReader;

  constructor(private readonly settings: RedisBusSettings) {
    const { store, redis, observer } = settings;
    this.listeners = new Listeners(redis.background, 'bus-listener');
    // Another one in each life of a process: numbers begin anew with it.
    this.sender = (redis.rng ?? systemRng).bytes(12).toString('base64url');
    const stream = store.key('bus');
    const birth = store.key('bus', 'birth');
    this.outbox = new EventOutbox({
      ...{ store, stream, birth, sender: this.sender, clock: redis.clock, background: redis.background },
      onDropped: (reason) => observer?.dropped?.(reason),
    });
    this.reader = new EventReader(
      redis,
      { stream, birth, sender: this.sender },
      {
        entries: (entries) => {
          this.take(entries);
        },
        attached: (late) => {
          for (const settle of [...this.waiting]) settle();
          // Until now others were not heard.
          if (late) this.resync();
        },
        gap: (reborn) => {
          // Numbers that the lost part had would be missed a second time.
          if (reborn) for (const [sender] of [...this.senders]) this.senders.delete(sender);
          this.resync();
        },
      },
    );
  }

  /** Events that wait for Redis. */
  get queued(): number {
    return this.outbox.size;
  }

  publish(event: ClusterEvent): void {
    this.listeners.tell(event);
    this.outbox.add(event);
  }

  subscribe(listener: (event: ClusterEvent) => void): void {
    this.listeners.add(listener);
  }

  /** Whether other processes are heard, waiting for that for at most `ms`. What they said before is not delivered. */
  attached(ms: number): Promise<boolean> {
    if (this.reader.attached) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (): void => {
        timer.cancel();
        this.waiting.delete(settle);
        resolve(this.reader.attached);
      };
      const timer: Timer = this.settings.redis.clock.after(ms, settle);
      this.waiting.add(settle);
    });
  }

  /** Sends what waits if Redis answers, and ends. */
  async close(): Promise<void> {
    await this.outbox.close();
    this.reader.close();
    for (const settle of [...this.waiting]) settle();
  }

  private take(entries: readonly StreamEntry[]): void {
    let missed = false;
    let received = 0;
    for (const { fields } of entries) {
      const entry = readFields(fields);
      const before = entry && this.senders.get(entry.sender);
      // Sent twice, because the first time was not answered.
      if (entry !== undefined && before !== undefined && entry.number <= before) continue;
      if (entry !== undefined) this.senders.set(entry.sender, entry.number);
      if (entry !== undefined && before !== undefined && entry.number > before + 1) missed = true;
      const event = entry && readClusterEvent(entry.json);
      if (event === undefined) this.settings.observer?.dropped?.('malformed');
      else if (event.type === 'resync') missed = true;
      else if (entry?.sender !== this.sender) {
        received += 1;
        this.listeners.tell(event);
      }
    }
    if (received > 0) this.settings.observer?.received?.(received);
    if (missed) this.resync();
  }

  private resync(): void {
    this.settings.observer?.resync?.();
    this.listeners.tell({ type: 'resync' });
  }
}

/** An entry's members: s sender, n number, e event. */
function readFields(fields: readonly unknown[]): { sender: string; number: number; json: string } | undefined {
  const [s, sender, n, number, e, json] = fields;
  if (s !== 's' || n !== 'n' || e !== 'e' || typeof sender !== 'string' || typeof json !== 'string') return undefined;
  const counted = Number(number);
  return Number.isSafeInteger(counted) && counted > 0 ? { sender, number: counted, json } : undefined;
}
