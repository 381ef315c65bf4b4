import type { Call } from '../harness/mcp-call.ts';

/** A server of the dispatch benchmark. */
export interface Subject {
  /** Short, stable: the key in the report and for `--only`. */
  name: string;
  title: string;
  /** Tools that it must list; undefined for one that knows no `tools/list`. */
  tools?: number;
  command: string;
  /** Its arguments, without the port. */
  args: string[];
  /** The request to repeat; opens a session where the subject is measured within one. */
  call(url: string): Promise<Call> | Call;
}

/** A subject that cannot run here, and why. */
export interface Skipped {
  name: string;
  title: string;
  reason: string;
}
