import type { Clock, Timer } from '@mcp-cluster/kernel';

export type ProgressToken = string | number;

/** At most five a second (S05). */
export const DEFAULT_PROGRESS_INTERVAL_MS = 200;

/** One progress report. */
export interface Report {
  readonly progress: number;
  readonly total: number | undefined;
  readonly message: string | undefined;
}

/**
 * The progress of one call: strictly rising (S03), throttled with the latest value winning (S05), flushed
 * before the result and silent after it (S06). A tool that reports 100,000 times costs no more on the wire
 * than one that reports five times a second.
 */
export class Progress {
  private pending: Report | undefined;
  private timer: Timer | undefined;
  private sentAt = Number.NEGATIVE_INFINITY;
  private stopped = false;

  constructor(
    private readonly intervalMs: number,
    private readonly clock: Clock,
    private readonly send: (report: Report) => void,
    /** What the client has seen already, from a node that was lost: only higher values are told. */
    private highest = Number.NEGATIVE_INFINITY,
  ) {}

  report(progress: number, total: number | undefined, message: string | undefined): void {
    if (this.stopped || !(progress > this.highest) || progress === Number.POSITIVE_INFINITY) return;
    this.highest = progress;
    // A total that is no number would be null on the wire, which is none (S03: left out when unknown).
    this.pending = { progress, total: Number.isFinite(total) ? total : undefined, message };
    if (this.timer !== undefined) return;
    const wait = this.intervalMs - (this.clock.monotonic() - this.sentAt);
    if (wait <= 0) this.sendPending();
    else this.timer = this.clock.after(wait, this.onTimer);
  }

  /** Sends what is pending and says nothing more. */
  finish(): void {
    this.sendPending();
    this.stop();
  }

  /** Says nothing more. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.timer = undefined;
    this.pending = undefined;
  }

  private readonly onTimer = (): void => {
    this.timer = undefined;
    this.sendPending();
  };

  private sendPending(): void {
    const report = this.pending;
    if (report === undefined) return;
    this.pending = undefined;
    this.sentAt = this.clock.monotonic();
    this.send(report);
  }
}

/** The notification of a report. */
export function progressMessage(token: ProgressToken, report: Report): string {
  const { progress, total } = report;
  const params = { progressToken: token, progress, total, message: progressText(report) };
  return JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params });
}

/** Every progress notification says something to a person (S03), also when the tool did not. */
export function progressText({ progress, total, message }: Report): string {
  if (message) return message;
  if (total === undefined || total <= 0) return `${String(progress)} done`;
  return `${String(Math.min(100, Math.floor((progress / total) * 100)))} % done`;
}

/** A task's status message changes once a second at most: each change is stored and told to its listeners. */
const STATUS_INTERVAL_MS = 1_000;

/** Progress of a call that became a task: it is the task's status message. */
export function taskProgress(task: { say(message: string): void }, clock: Clock): Progress {
  return new Progress(STATUS_INTERVAL_MS, clock, (report) => {
    task.say(progressText(report));
  });
}
