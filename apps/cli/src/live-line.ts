import type { Clock, Timer } from '@mcp-cluster/kernel';
import { FRAME_MS, progressLine, progressText, type CallProgress } from './progress.view.js';

/** The part of a terminal or pipe that is written to. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR = '\r\u001b[2K';
const DEFAULT_COLUMNS = 80;

/** Shows a running call: one line that is drawn anew on a terminal, a line for each event elsewhere. */
export class LiveLine {
  private readonly startedAt: number;
  private latest: Omit<CallProgress, 'elapsedMs'> = {};
  private timer: Timer | undefined;

  constructor(
    private readonly screen: Screen,
    private readonly clock: Clock,
  ) {
    this.startedAt = clock.monotonic();
    this.resume();
  }

  get elapsedMs(): number {
    return this.clock.monotonic() - this.startedAt;
  }

  update(progress: Omit<CallProgress, 'elapsedMs'>): void {
    this.latest = progress;
    if (this.screen.isTTY !== true) this.screen.write(`${progressText(this.state)}\n`);
    else if (this.timer !== undefined) this.draw();
  }

  /** Makes room for a question: the line goes from the screen until `resume`. */
  pause(): void {
    if (this.timer === undefined) return;
    this.timer.cancel();
    this.timer = undefined;
    this.screen.write(CLEAR);
  }

  /** Draws again, on the line where the cursor is. */
  resume(): void {
    if (this.screen.isTTY !== true || this.timer !== undefined) return;
    this.timer = this.clock.every(FRAME_MS, () => {
      this.draw();
    });
  }

  /** The result came: whatever was reported last, all is done. A client may get the result before its last progress. */
  complete(): void {
    if (this.latest.total !== undefined) this.latest = { ...this.latest, progress: this.latest.total };
  }

  /** Leaves the last state on the screen and stops drawing. */
  stop(): void {
    this.timer?.cancel();
    if (this.timer === undefined) return;
    this.timer = undefined;
    this.draw();
    this.screen.write('\n');
  }

  private get state(): CallProgress {
    return { ...this.latest, elapsedMs: this.elapsedMs };
  }

  private draw(): void {
    this.screen.write(CLEAR + progressLine(this.state, this.screen.columns || DEFAULT_COLUMNS));
  }
}
