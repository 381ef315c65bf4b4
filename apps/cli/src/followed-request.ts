import { LocalError } from '@mcp-cluster/kernel';
import type { Progress } from '@modelcontextprotocol/client';
import { LiveLine } from './live-line.js';
import type { Timings } from './result.view.js';
import type { Session } from './session.js';

/** What every request that can take long is made with. */
export interface RequestWatch {
  readonly timeout: number;
  readonly resetTimeoutOnProgress: true;
  readonly onprogress: (progress: Progress) => void;
}

/** Ctrl-C ended a request. */
export class InterruptedError extends LocalError {
  constructor(message = 'interrupted', options?: ErrorOptions) {
    super('cli.interrupted', message, options);
  }
}

/** A request while it runs: its progress is on the screen, its events are counted and timed. */
export class FollowedRequest {
  readonly watch: RequestWatch;
  private readonly line: LiveLine | undefined;
  private readonly startedAt: number;
  private events = 0;
  private taskStates: number | undefined;
  private firstEventMs: number | undefined;
  private said: string | undefined;

  constructor(private readonly session: Session) {
    const { options, status, clock, desk } = session;
    this.line = options.json ? undefined : new LiveLine(status, clock);
    desk.besides(this.line);
    this.startedAt = clock.monotonic();
    this.watch = {
      timeout: options.timeoutMs,
      resetTimeoutOnProgress: true,
      onprogress: (progress) => {
        this.events += 1;
        this.seen();
        this.line?.update(progress);
      },
    };
  }

  /** A task has told its state; a state that reads as the one before it does not make another line in a log. */
  taskState(text: string): void {
    this.taskStates = (this.taskStates ?? 0) + 1;
    this.seen();
    this.say(text);
  }

  /** Says on the live line what is going on. */
  say(message: string): void {
    if (message === this.said) return;
    this.said = message;
    this.line?.update({ message });
  }

  /** The request succeeded, so all of it is done. */
  complete(): void {
    this.line?.complete();
  }

  /** Leaves the last state on the screen. */
  stop(): Timings {
    this.line?.stop();
    this.session.desk.besides(undefined);
    const { connectMs } = this.session;
    const totalMs = this.elapsedMs;
    const { events, taskStates, firstEventMs = totalMs } = this;
    return { connectMs, firstEventMs, totalMs, events, taskStates };
  }

  private get elapsedMs(): number {
    return this.session.clock.monotonic() - this.startedAt;
  }

  private seen(): void {
    this.firstEventMs ??= this.elapsedMs;
  }
}
