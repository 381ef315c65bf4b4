import type { ChildProcess } from 'node:child_process';

export declare const ROOT: string;
export declare const NODE: string;
export declare const STOP_MS: number;
export declare const PATIENCE_MS: number;

export interface ProcessOptions {
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: 'ignore' | 'pipe';
  /** Its own process group, so that a signal to `-pid` is a key press in a terminal. */
  readonly detached?: boolean;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

export declare class Running {
  constructor(command: string, args: readonly string[], options?: ProcessOptions);
  readonly child: ChildProcess;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exited: Promise<Ended>;
  get pid(): number | undefined;
  get output(): string;
  line(
    fits: (line: string) => boolean,
    options?: { of?: 'stdout' | 'stderr'; withinMs?: number; what?: string },
  ): Promise<string>;
  until<T>(look: () => T | undefined, options: { withinMs?: number; what: string }): Promise<T>;
  end(withinMs?: number): Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

export declare function run(
  command: string,
  args: readonly string[],
  options?: ProcessOptions & { withinMs?: number },
): Promise<{ code: number | null; stdout: string; stderr: string }>;

export declare function runs(pid: number): boolean;

export declare function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  options?: { withinMs?: number; everyMs?: number },
): Promise<T>;
