import { NODE, Running, type Ended } from '../../support/running.mjs';
import { machineMs } from '../workloads/time.ts';

/** Milliseconds in which a process has to say that it runs: three nodes and two managers start at once on two cores. */
const START_MS = 30_000;
/** Longest wait for a process that was asked to end: its drain, and the rest. */
const END_MS = 20_000;

export interface MemberOptions {
  readonly name: string;
  readonly main: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** True once its output says that it takes calls. */
  readonly started: (running: Running) => boolean;
}

/** A process of the cluster that can be hurt, and started again as it was. */
export class MemberProcess {
  readonly name: string;
  /** Every life that it had, the last one last. */
  readonly lives: Running[] = [];
  private readonly options: MemberOptions;
  /** Added to the environment of its next lives. */
  private extra: Record<string, string> = {};

  constructor(options: MemberOptions) {
    this.name = options.name;
    this.options = options;
  }

  get current(): Running {
    const running = this.lives.at(-1);
    if (running === undefined) throw new Error(`${this.name} was never started`);
    return running;
  }

  get pid(): number {
    return this.current.pid ?? 0;
  }

  get runs(): boolean {
    return this.lives.length > 0 && !hasEnded(this.current);
  }

  /** @param extra environment of this life and those after it */
  async start(extra: Readonly<Record<string, string>> = this.extra): Promise<void> {
    this.extra = { ...extra };
    const { main, args, env, started } = this.options;
    const running = new Running(NODE, [main, ...args], { env: { ...env, ...this.extra } });
    this.lives.push(running);
    await running.until(() => (started(running) ? true : undefined), { withinMs: START_MS, what: 'start' });
  }

  /** SIGKILL; resolves when it is gone, with the time of the signal. */
  async kill(): Promise<number> {
    const at = machineMs();
    this.current.kill('SIGKILL');
    await this.current.end(END_MS);
    return at;
  }

  /** SIGSTOP: it neither answers nor dies. */
  freeze(): number {
    const at = machineMs();
    this.current.kill('SIGSTOP');
    return at;
  }

  thaw(): void {
    this.current.kill('SIGCONT');
  }

  /** SIGTERM; resolves with how it ended. */
  terminate(): Promise<Ended> {
    this.current.kill('SIGTERM');
    return this.current.end(END_MS);
  }

  /** Lines of its log over all lives that are JSON. */
  logs(): Record<string, unknown>[] {
    return this.lives.flatMap(({ stderr }) => stderr.flatMap(parsed));
  }

  /** What it said last, for the report of a failed experiment. */
  get lastWords(): string {
    return this.lives.length === 0 ? '' : this.current.output.slice(-4_000);
  }

  /** Ends it in whatever state it is. */
  async end(): Promise<void> {
    if (!this.runs) return;
    this.current.kill('SIGCONT');
    this.current.kill('SIGTERM');
    await this.current.end(5_000).catch(() => {
      this.current.kill('SIGKILL');
    });
    await this.current.end(5_000);
  }
}

function hasEnded({ child }: Running): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function parsed(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line) as Record<string, unknown>];
  } catch {
    return [];
  }
}
