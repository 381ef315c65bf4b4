import { asError, systemRng, type Timer } from '@mcp-cluster/kernel';
import { RedisConnection } from '../connection/redis-connection.js';
import { NoAnswer } from '../connection/redis-errors.js';
import type { RedisSettings } from '../connection/redis-settings.js';
import { STREAM_POSITION } from './bus.scripts.js';

/** How long Redis holds a read open. Each one that comes back empty shows that the connection lives. */
const BLOCK_MS = 1_500;

/** Without a byte for this long it does not live: half-open, or a Redis that hangs. */
const SILENCE_MS = 3_000;

/** Entries of one read: the largest make 130 MiB together, and the stream holds less. */
const READ_ENTRIES = 32;

/** After an error that Redis answered, such as a missing permission. */
const RETRY_MS = 1_000;

export interface StreamEntry {
  readonly id: string;
  readonly fields: readonly unknown[];
}

export interface ReaderListener {
  /** Entries in their order. */
  entries(entries: readonly StreamEntry[]): void;
  /** It reads for the first time; `late` says that Redis was away until now. */
  attached(late: boolean): void;
  /** Entries that were not read are gone: Redis came back empty (`reborn`), set back, or the history was too short. */
  gap(reborn: boolean): void;
}

/** Reads one stream from now on, over a connection of its own, and goes on at the last entry after each interruption. */
export class EventReader {
  private readonly connection: RedisConnection;
  private birth: string | undefined;
  private last = '0-0';
  private late = false;
  private reading = false;
  private retry: Timer | undefined;
  private closed = false;

  constructor(
    private readonly settings: RedisSettings,
    private readonly keys: { readonly stream: string; readonly birth: string; readonly sender: string },
    private readonly listener: ReaderListener,
  ) {
    const { url, name, clock, background, rng } = settings;
    this.connection = new RedisConnection(
      { url, name: `${name}-bus`, clock, background, rng: rng ?? systemRng, silenceMs: SILENCE_MS },
      {
        ready: () => {
          this.start();
        },
        lost: () => {
          this.late ||= this.birth === undefined;
        },
      },
    );
  }

  get attached(): boolean {
    return this.birth !== undefined;
  }

  close(): void {
    this.closed = true;
    this.retry?.cancel();
    this.connection.close();
  }

  private start(): void {
    if (this.closed || this.reading) return;
    this.reading = true;
    this.settings.background.run('bus-read', async () => {
      try {
        await this.place();
        for (;;) if (!(await this.read())) await this.place();
      } catch (thrown) {
        this.restart(asError(thrown));
      } finally {
        this.reading = false;
      }
    });
  }

  /** A lost connection starts again by its 'ready'; where that came before we noticed, and after a refusal, we do. */
  private restart(error: Error): void {
    if (this.closed) return;
    const wait = error instanceof NoAnswer ? 0 : RETRY_MS;
    this.retry?.cancel();
    this.retry = this.settings.clock.after(wait, () => {
      if (this.connection.up) this.start();
    });
    if (!(error instanceof NoAnswer)) throw error;
  }

  /** Finds out whether the stream is the one that it was, and still has what follows the last entry. */
  private async place(): Promise<void> {
    const { stream, birth, sender } = this.keys;
    const answer = await this.connection.send('EVAL', [STREAM_POSITION.source, 2, stream, birth, sender]);
    const [born, last, first] = (answer as unknown[]).map(String) as [string, string, string];
    const known = this.birth;
    // Without a mark there is nothing to compare.
    this.birth = born === '' ? (known ?? '') : born;
    if (known === undefined) {
      this.last = last;
      this.listener.attached(this.late);
    } else if (known !== '' && known !== this.birth) {
      this.last = '0-0';
      this.listener.gap(true);
    } else if (isAfter(this.last, last)) {
      // A replica that had not got the end took over. What follows is read again; readers know what they had.
      this.last = '0-0';
      this.listener.gap(false);
    } else if (first !== '' && isAfter(first, this.last)) this.listener.gap(false);
  }

  /** @returns whether there was something to read; else is the time to look whether the stream is still the same */
  private async read(): Promise<boolean> {
    const reply = await this.connection.send('XREAD', [
      'COUNT',
      READ_ENTRIES,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      this.keys.stream,
      this.last,
    ]);
    const entries = entriesOf(reply);
    this.last = entries.at(-1)?.id ?? this.last;
    if (entries.length > 0) this.listener.entries(entries);
    return entries.length > 0;
  }
}

/** The reply is `[[stream, entries]]` in RESP2 and a flattened map, `[stream, entries]`, in RESP3; null without entries. */
function entriesOf(reply: unknown): readonly StreamEntry[] {
  if (!Array.isArray(reply)) return [];
  const entries: unknown = Array.isArray(reply[0]) ? reply[0][1] : reply[1];
  if (!Array.isArray(entries)) return [];
  return entries.map((entry: [unknown, unknown]) => ({
    id: String(entry[0]),
    fields: Array.isArray(entry[1]) ? entry[1] : [],
  }));
}

/** Whether a stream id, `milliseconds-number`, is greater than another. */
function isAfter(one: string, other: string): boolean {
  const [time = 0n, number = 0n] = one.split('-').map(BigInt);
  const [otherTime = 0n, otherNumber = 0n] = other.split('-').map(BigInt);
  return time === otherTime ? number > otherNumber : time > otherTime;
}
