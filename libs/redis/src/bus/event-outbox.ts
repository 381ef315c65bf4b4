import type { Background, Clock, Timer } from '@mcp-cluster/kernel';
import type { ClusterEvent } from '@mcp-cluster/protocol';
import type { Store } from '../connection/store.js';
import { APPEND_EVENTS, HISTORY_ENTRIES } from './bus.scripts.js';

/** A client's answer may be a whole message, 4 MiB, and its frame. */
export const MAX_EVENT_BYTES = 4 * 1024 * 1024 + 64 * 1024;

/** While Redis is away: as many as its history would take, for more would push out their own beginning. */
const MAX_QUEUED = HISTORY_ENTRIES;
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

/** Of one script call: other commands wait for it. */
const BATCH_EVENTS = 64;
const BATCH_BYTES = 512 * 1024;

/** `onRecovered` is the rule; this is for what it does not tell, such as a script that failed. */
const RETRY_MS = 1_000;

/** They only say that something is another now. Two that wait are no more than one. */
const MERGED: ReadonlySet<ClusterEvent['type']> = new Set(['list-changed', 'resource-updated', 'session-changed']);

export type DropReason = 'overflow' | 'too-large';

interface Entry {
  readonly number: number;
  readonly json: string;
  readonly bytes: number;
}

export interface OutboxSettings {
  readonly store: Store;
  readonly stream: string;
  readonly birth: string;
  readonly sender: string;
  readonly clock: Clock;
  readonly background: Background;
  readonly onDropped: (reason: DropReason) => void;
}

/**
 * Events on their way into the stream, in order and numbered. One script call at a time: a call whose outcome is unknown
 * is made again, and readers drop by number what they have. Where an event was lost, a `resync` follows.
 */
export class EventOutbox {
  private queue: Entry[] = [];
  private readonly merged = new Set<string>();
  private bytes = 0;
  private numbered = 0;
  private lost = false;
  private sending = false;
  private retry: Timer | undefined;
  private closed = false;

  constructor(private readonly settings: OutboxSettings) {
    settings.store.onRecovered(() => {
      this.send();
    });
  }

  get size(): number {
    return this.queue.length;
  }

  add(event: ClusterEvent): void {
    const json = JSON.stringify(event);
    const bytes = Buffer.byteLength(json);
    if (bytes > MAX_EVENT_BYTES) this.lose('too-large');
    else if (!this.merged.has(json)) {
      if (MERGED.has(event.type)) this.merged.add(json);
      this.push(json, bytes);
      while (this.queue.length > MAX_QUEUED || this.bytes > MAX_QUEUED_BYTES) {
        this.shift();
        this.lose('overflow');
      }
    }
    this.send();
  }

  /** Gives what waits one last try. */
  async close(): Promise<void> {
    this.closed = true;
    this.retry?.cancel();
    if (!this.sending && this.settings.store.available) await this.sendAll().catch(() => undefined);
  }

  private push(json: string, bytes: number): void {
    this.numbered += 1;
    this.queue.push({ number: this.numbered, json, bytes });
    this.bytes += bytes;
  }

  private shift(): void {
    const entry = this.queue.shift();
    if (entry === undefined) return;
    this.bytes -= entry.bytes;
    this.merged.delete(entry.json);
  }

  private lose(reason: DropReason): void {
    this.lost = true;
    this.settings.onDropped(reason);
  }

  private send(): void {
    if (this.sending || this.closed || !this.settings.store.available) {
      // One that is away tells when it is back; a call under way looks into the queue when it ends.
      return;
    }
    this.sending = true;
    this.retry?.cancel();
    this.settings.background.run('bus-send', async () => {
      try {
        await this.sendAll();
      } catch {
        // The store has told its observer. What was not sent stays in the queue.
        this.retry = this.settings.clock.after(RETRY_MS, () => {
          this.send();
        });
      } finally {
        this.sending = false;
      }
    });
  }

  private async sendAll(): Promise<void> {
    const { store, stream, birth, sender } = this.settings;
    for (;;) {
      if (this.lost) {
        this.lost = false;
        this.push('{"type":"resync"}', 0);
      }
      const batch = this.batch();
      if (batch.length === 0) return;
      const events = batch.flatMap((entry) => [entry.number, entry.json]);
      await store.run(APPEND_EVENTS, [stream, birth], [sender, ...events]);
      const sent = batch.at(-1)?.number ?? 0;
      // An overflow meanwhile may have taken some of them away already.
      while (this.queue[0] !== undefined && this.queue[0].number <= sent) this.shift();
    }
  }

  private batch(): readonly Entry[] {
    const batch: Entry[] = [];
    let bytes = 0;
    for (const entry of this.queue.slice(0, BATCH_EVENTS)) {
      bytes += entry.bytes;
      if (batch.length > 0 && bytes > BATCH_BYTES) break;
      batch.push(entry);
      // On its way: an equal one from now on is news.
      this.merged.delete(entry.json);
    }
    return batch;
  }
}
