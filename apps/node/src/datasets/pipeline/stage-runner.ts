import type { Clock } from '@mcp-cluster/kernel';
import { ToolError, type ToolContext } from '@mcp-cluster/tools';

/** The stages in their order. The weights are their shares of the progress and add up to 100. */
export const STAGES = [
  { name: 'fetch', weight: 10 },
  { name: 'validate', weight: 5 },
  { name: 'transform', weight: 40 },
  { name: 'aggregate', weight: 30 },
  { name: 'report', weight: 15 },
] as const;

export type StageName = (typeof STAGES)[number]['name'];

export const STAGE_STATUSES = ['completed', 'failed', 'skipped'] as const;

export interface StageReport {
  name: StageName;
  weight: number;
  status: (typeof STAGE_STATUSES)[number];
  /** Milliseconds; 0 of a stage that did not run. */
  durationMs: number;
  /** What it did, or why not. */
  detail: string;
}

/**
 * Reports how much of a stage is done and gives other calls a turn; to be called between two chunks of work.
 * @param share of the stage's own work, 0 to 1, rising
 * @param message without the stage's name: "1200 of 2000 rows"
 * @throws the reason when the call was cancelled
 */
export type Advance = (share: number, message: string) => Promise<void>;

/** What a stage gives: a value for the next ones, and what it did for people. */
export interface StageResult<T> {
  value: T;
  detail: string;
}

/** A stage that could not do its work with this input. Anything else that a stage throws goes through. */
export class StageFailure extends Error {
  constructor(
    readonly stage: StageName,
    override readonly cause: ToolError,
  ) {
    super(`${stage}: ${cause.message}`);
    this.name = 'StageFailure';
  }
}

/** Runs the stages one after the other: times them and turns their shares into one progress from 0 to 100. */
export class StageRunner {
  /** One of each stage; the ones that did not run are skipped. */
  readonly reports: StageReport[] = STAGES.map(({ name, weight }) => {
    return { name, weight, status: 'skipped', durationMs: 0, detail: 'not run' };
  });
  private next = 0;
  private reported = 0;

  constructor(
    private readonly context: Pick<ToolContext, 'progress' | 'breathe'>,
    private readonly clock: Clock,
  ) {}

  /**
   * @param name of the next stage in the order
   * @throws StageFailure for a ToolError of the stage
   */
  async run<T>(name: StageName, work: (advance: Advance) => Promise<StageResult<T>>): Promise<T> {
    const report = this.reports[this.next];
    if (report?.name !== name) throw new Error(`expected stage ${report?.name ?? 'none'}, got ${name}`);
    const base = this.reports.slice(0, this.next).reduce((sum, { weight }) => sum + weight, 0);
    this.next += 1;
    const start = this.clock.monotonic();
    try {
      const { value, detail } = await work(async (share, message) => {
        // A share of 1 is told when the stage has ended.
        if (share < 1) this.tell(base + report.weight * Math.max(share, 0), `${name}: ${message}`);
        await this.context.breathe();
      });
      Object.assign(report, { status: 'completed', detail });
      this.tell(base + report.weight, `${name}: ${detail}`);
      return value;
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      Object.assign(report, { status: 'failed', detail: thrown.message });
      for (const later of this.reports.slice(this.next)) later.detail = `not run, because ${name} failed`;
      throw new StageFailure(name, thrown);
    } finally {
      report.durationMs = Number((this.clock.monotonic() - start).toFixed(3));
    }
  }

  private tell(done: number, message: string): void {
    // Rounded down, so that 100 is the end and nothing before it.
    const rounded = Math.floor(done * 100) / 100;
    if (rounded <= this.reported) return;
    this.reported = rounded;
    this.context.progress(rounded, 100, message);
  }
}
