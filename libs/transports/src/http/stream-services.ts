import type { Background, Clock, Rng } from '@mcp-cluster/kernel';
import { isOutage, type ArchivedStream, type StreamArchive, type StreamBirth } from '@mcp-cluster/protocol';
import { ArchivedStreamLog } from './archived-stream-log.js';
import { StreamIds } from './event-id.js';
import { KeepAlive } from './keep-alive.js';
import { OpenStreams, type OpenReadings } from './open-streams.js';
import { Lineage } from './lineage.js';
import { MemoryStreamLog, type LogOwner, type StreamLog } from './stream-log.js';
import { StreamShelf } from './stream-shelf.js';
import { DEFAULT_STALL_MS } from './stall-guard.js';
import { UNOBSERVED, type StreamObserver } from './stream-observer.js';

/** S14: proxies commonly cut a connection that is quiet for 30 or 60 s. */
export const DEFAULT_KEEP_ALIVE_MS = 15_000;

/** A stream that says nothing is kept in the archive all the same: told at a fifth of the time after which it goes. */
const RENEW_MS = 60_000;

export interface StreamServicesOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
  /** Where streams are kept for other nodes; default: nowhere, a stream is as lost as its node. */
  readonly archive?: StreamArchive | undefined;
  readonly keepAliveMs?: number | undefined;
  readonly stallMs?: number | undefined;
  readonly observer?: StreamObserver | undefined;
}

/** What a node's streams are like at one moment. */
export interface StreamReadings extends OpenReadings {
  /** Bytes that are kept for clients that may come back. */
  readonly logBytes: number;
}

/** What all streams of one transport share. */
export class StreamServices {
  readonly now: () => number;
  readonly stallMs: number;
  readonly observer: StreamObserver;
  readonly ids: StreamIds;
  readonly open = new OpenStreams();
  readonly keepAlive: KeepAlive;
  readonly shelf: StreamShelf;
  readonly archive: StreamArchive | undefined;
  readonly clock: Clock;
  readonly background: Background;
  private readonly live = new Set<ArchivedStreamLog>();

  constructor({ clock, rng, keepAliveMs, stallMs, observer, archive, background }: StreamServicesOptions) {
    this.clock = clock;
    this.archive = archive;
    this.background = background;
    if (archive !== undefined)
      clock.every(RENEW_MS, () => {
        this.renew(archive);
      });
    this.now = () => clock.monotonic();
    this.stallMs = stallMs ?? DEFAULT_STALL_MS;
    this.observer = observer ?? UNOBSERVED;
    this.ids = new StreamIds(rng);
    this.keepAlive = new KeepAlive(clock, keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS);
    this.shelf = new StreamShelf(clock, () => {
      this.observer.evicted('node');
    });
  }

  read(): StreamReadings {
    return { ...this.open.read(this.now()), logBytes: this.shelf.bytes };
  }

  /** A log for a stream that begins here. @param birth what another node needs to go on with it, if one may */
  openLog(owner: LogOwner, birth: StreamBirth | undefined): StreamLog {
    const { archive, clock, background, live } = this;
    if (archive === undefined || birth === undefined) return new MemoryStreamLog(owner);
    return new ArchivedStreamLog(birth, Lineage.first, owner, { archive, clock, background, live });
  }

  /** The log of a stream that this node has claimed. */
  restoreLog(owner: LogOwner, archive: StreamArchive, archived: ArchivedStream): StreamLog {
    const { clock, background, live } = this;
    const lineage = new Lineage(archived.epoch, archived.ends);
    return new ArchivedStreamLog(archived.birth, lineage, owner, { archive, clock, background, live }, archived);
  }

  /** Has each log that is in use find out whether it is still this node's. */
  checkLogs(): void {
    for (const log of this.live) log.check();
  }

  private renew(archive: StreamArchive): void {
    // Also without a stream: the archive then takes back claims whose answers were lost.
    const streams = [...this.live].map(({ birth: { session, stream } }) => ({ session, stream }));
    this.background.run('stream archive', async () => {
      try {
        await archive.renew(streams);
      } catch (thrown) {
        if (!isOutage(thrown)) throw thrown; // the log tells the archive everything again when it is there
      }
    });
  }
}
