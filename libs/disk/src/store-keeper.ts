import { LocalError, sleep, type Background, type Clock } from '@mcp-cluster/kernel';
import type { DiskFault, DiskState } from './disk-state.js';
import type { StoreLink } from './link/store-link.js';
import type { PendingInvalidations } from './pending-invalidations.js';
import type { StoreAnswer, StoreAsk, StoreOrder, StoreReply } from './store/store-request.js';

/** A healthy disk answers in under a millisecond, a busy one in some ten. Callers wait for this level no longer. */
const ANSWER_MS = 250;
/** A disk that is shared may take a second to flush; one from which nothing came for longer is left alone until it answers. */
const SILENT_MS = 2_000;
/** Opening reads the log of the last life, closing empties it: some 10 MB. Longer than this neither start nor end waits. */
const OPEN_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Questions that may wait for the store at once: at 0.1 ms each those behind them still have their answer in time. */
const QUESTIONS = 256;
/** Of bytes that wait to be written. */
const WAITING_BYTES = 32_000_000;

export interface StoreKeeperOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly background: Background;
  readonly pending: PendingInvalidations;
  readonly connect: () => StoreLink;
  readonly onState: (state: DiskState) => void;
}

/** Keeps a store open: asks it, says whether it works, and opens it again after it has failed. */
export class StoreKeeper {
  private current: DiskState | undefined;
  private link: StoreLink | undefined;
  /** Asked and not answered, also those that nobody waits for any more. */
  private questions = 0;
  private bytes = 0;
  /** When the store last answered, or was asked after it had nothing to do. */
  private heardAt = 0;
  private pauseMs = FIRST_PAUSE_MS;
  private worksSince = 0;
  private readonly stopped = new AbortController();

  constructor(private readonly options: StoreKeeperOptions) {}

  get state(): DiskState {
    return this.current ?? { state: 'off', reason: 'closed' };
  }

  /** Resolves when it is open, or will be opened in the background. Never rejects. */
  async start(): Promise<void> {
    const opened = this.reopen().then((fault) => {
      if (fault !== undefined) this.fail(fault);
    });
    await this.inTime(opened, OPEN_MS).catch(() => {
      this.say({ state: 'off', reason: 'does not answer' });
    });
  }

  /**
   * @throws LocalError `disk_failing`: the level does not work, or took too long
   * @throws LocalError `disk_busy`: too much waits for it already
   */
  async ask<K extends StoreOrder>(order: K, ask: StoreAsk<K>): Promise<StoreAnswer<K>> {
    const { link } = this;
    if (this.state.state !== 'ok' || link === undefined) throw this.failing();
    const bytes = 'bytes' in ask ? ask.bytes.length : 0;
    // What must be remembered is asked in any case: see PendingInvalidations for what happens when it fails.
    if (order !== 'invalidate' && (this.questions >= QUESTIONS || this.bytes + bytes > WAITING_BYTES))
      throw new LocalError('disk_busy', 'disk: too many wait for it');
    if (this.questions === 0) this.heardAt = this.options.clock.monotonic();
    this.questions += 1;
    this.bytes += bytes;
    const answer = link.call(order, ask).then(
      (reply) => this.read(reply),
      (lost: unknown) => {
        this.fail('failed');
        throw lost;
      },
    );
    const counted = answer.finally(() => {
      this.heardAt = this.options.clock.monotonic();
      this.questions -= 1;
      this.bytes -= bytes;
    });
    return this.inTime(counted, ANSWER_MS);
  }

  async close(): Promise<void> {
    if (this.stopped.signal.aborted) return;
    const { link } = this;
    this.stopped.abort();
    this.say({ state: 'off', reason: 'closed' });
    if (link?.alive !== true) return;
    // A disk that hangs does not keep a process from ending.
    const closed = link.call('close', {}).then(() => link.end());
    await this.inTime(closed, OPEN_MS).catch(() => undefined);
  }

  private read<K extends StoreOrder>(reply: StoreReply<K>): StoreAnswer<K> {
    if ('answer' in reply) return reply.answer;
    this.fail(reply.fault);
    throw this.failing();
  }

  /** Waits for so long and no longer. */
  private inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
    const { clock } = this.options;
    return new Promise((resolve, reject) => {
      const timer = clock.after(ms, () => {
        if (this.current?.state === 'ok' && clock.monotonic() - this.heardAt >= SILENT_MS) this.fail('does not answer');
        reject(new LocalError('disk_failing', 'disk: it took too long'));
      });
      const end = (): void => {
        timer.cancel();
      };
      answer.then(resolve, reject).then(end, end);
    });
  }

  /** Told once; the first of many that fail together begins the repair. */
  private fail(reason: DiskFault): void {
    if (this.current?.state === 'failing' || this.stopped.signal.aborted) return;
    const { clock, background } = this.options;
    const wasOpen = this.current?.state === 'ok';
    if (wasOpen && clock.monotonic() - this.worksSince >= LONGEST_PAUSE_MS) this.pauseMs = FIRST_PAUSE_MS;
    this.say({ state: wasOpen ? 'failing' : 'off', reason });
    background.run('disk-repair', () => this.repair());
  }

  private async repair(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      const slept = await sleep(this.options.clock, this.pauseMs, this.stopped.signal).then(
        () => true,
        () => false,
      );
      if (!slept) return;
      this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
      const fault = await this.reopen();
      if (fault === undefined) return;
      const off = fault === 'used by another process' || this.state.state === 'off';
      this.say({ state: off ? 'off' : 'failing', reason: fault });
    }
  }

  /** A link that does not answer is waited for: its thread cannot be ended while the system holds it. */
  private async reopen(): Promise<DiskFault | undefined> {
    const { directory, maxBytes, clock, pending, connect } = this.options;
    try {
      if (this.link?.alive !== true) this.link = connect();
      const { link } = this;
      const opened = await link.call('open', { directory, maxBytes, now: clock.now() });
      if ('fault' in opened) return opened.fault;
      // A store that was begun anew knows nothing of what this process has heard of since it runs.
      if (opened.answer.made) pending.raise(pending.newest);
      pending.learn(opened.answer.newest);
      while (!pending.empty) {
        const marks = pending.snapshot();
        const told = await link.call('invalidate', { ...marks, now: clock.now() });
        if ('fault' in told) return told.fault;
        pending.settle(marks);
      }
    } catch {
      return 'failed';
    }
    if (this.stopped.signal.aborted) return 'closed';
    this.worksSince = clock.monotonic();
    this.say({ state: 'ok' });
    return undefined;
  }

  private say(state: DiskState): void {
    const was = this.current;
    if (was?.state === state.state && reasonOf(was) === reasonOf(state)) return;
    this.current = state;
    this.options.onState(state);
  }

  private failing(): LocalError {
    return new LocalError('disk_failing', `disk: ${reasonOf(this.state) ?? 'not open'}`);
  }
}

function reasonOf(state: DiskState): DiskFault | undefined {
  return state.state === 'ok' ? undefined : state.reason;
}
