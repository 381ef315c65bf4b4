import { sleep } from '@mcp-cluster/kernel';
import { isOutage, type ArchivedStream, type LoggedEvent, type StreamArchive } from '@mcp-cluster/protocol';
import { eventId } from './event-id.js';
import { Lineage } from './lineage.js';
import { RETRY_MS } from './resumable-stream.js';
import type { SseResponse } from './sse-response.js';
import type { StreamServices } from './stream-services.js';

/** Milliseconds between two looks at a stream that another node writes: a tenth of what a person notices. */
const LOOK_MS = 100;
/** How long an archive may be out of reach before the client is sent away to come again (milliseconds). */
const PATIENCE_MS = 5_000;

/**
 * - `done`: the connection has ended, one way or another
 * - `orphaned`: the node that wrote the stream is gone
 */
export type TailEnd = 'done' | 'orphaned';

/** Passes on, over one connection of this node, what another node writes to a stream. */
export class ArchivedTail {
  /** The last event that was written here. */
  place: number;
  private readonly session: string;
  private readonly stream: string;

  constructor(
    private readonly services: StreamServices,
    private readonly archive: StreamArchive,
    private readonly connection: SseResponse,
    archived: ArchivedStream,
    place: number,
  ) {
    this.place = place;
    this.session = archived.birth.session;
    this.stream = archived.birth.stream;
  }

  /** Tells the client its place, so that it can come back before there was an event. */
  prime({ epoch, ends }: ArchivedStream): void {
    const id = eventId(this.stream, new Lineage(epoch, ends).epochOf(this.place), this.place);
    this.connection.write(`id: ${id}\nretry: ${String(RETRY_MS)}\ndata: \n\n`);
  }

  /** Passes events on until the answer, the client's leaving or the owner's death. */
  async follow(first: ArchivedStream): Promise<TailEnd> {
    let archived: ArchivedStream | undefined = first;
    let lookedAt = this.services.now();
    while (!this.gone()) {
      if (archived !== undefined) {
        lookedAt = this.services.now();
        await this.pass(archived);
        if (this.gone()) break;
        if (!archived.answered && !archived.ownerAlive) return 'orphaned';
      } else if (this.services.now() - lookedAt > PATIENCE_MS) {
        this.connection.destroy('archive_lost');
        break;
      }
      await sleep(this.services.clock, LOOK_MS);
      archived = await this.look();
    }
    return 'done';
  }

  /** Undefined while the archive cannot be reached, or has lost the stream. */
  private async look(): Promise<ArchivedStream | undefined> {
    try {
      return await this.archive.read(this.session, this.stream, this.place);
    } catch (thrown) {
      if (isOutage(thrown)) return undefined;
      throw thrown;
    }
  }

  private async pass({ events, epoch, ends, answered, last }: ArchivedStream): Promise<void> {
    const lineage = new Lineage(epoch, ends);
    for (const event of events) {
      if (event.seq <= this.place) continue;
      await this.room();
      if (this.gone()) return;
      this.write(event, lineage, answered && event.seq === last);
    }
  }

  private write({ seq, message }: LoggedEvent, lineage: Lineage, isLast: boolean): void {
    this.place = seq;
    const text = `id: ${eventId(this.stream, lineage.epochOf(seq), seq)}\nevent: message\ndata: ${message}\n\n`;
    if (isLast) this.connection.endWith(text, 'answered');
    else this.connection.event(text);
  }

  private gone(): boolean {
    return !this.connection.open;
  }

  /** Resolves when the reader has taken what waits for it, or has gone. */
  private async room(): Promise<void> {
    while (!this.gone() && this.connection.full) await sleep(this.services.clock, LOOK_MS);
  }
}
