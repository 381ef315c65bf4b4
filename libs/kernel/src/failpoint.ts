/** Where a process can be made to die, to show what survives (reliability.md, experiment 3). */
export type Failpoint =
  /** The ledger has the claim; the tool has not begun. */
  | 'ledger.claimed'
  /** The ledger has the outcome; the client has not. */
  | 'ledger.settled'
  /** The store has the task; the client has no handle. */
  | 'task.created'
  /** The archive has the stream; the client has no byte. */
  | 'stream.opened'
  /** The client has the first event's id; nothing else. */
  | 'stream.primed'
  /** The archive has the answer; the client has not. */
  | 'stream.answered';

export const FAILPOINTS: readonly Failpoint[] = [
  'ledger.claimed',
  'ledger.settled',
  'task.created',
  'stream.opened',
  'stream.primed',
  'stream.answered',
];

interface Armed {
  readonly names: ReadonlySet<Failpoint>;
  readonly hit: (name: Failpoint) => void;
}

let armed: Armed | undefined;

/** A place where a process can be made to die. One comparison where nothing is armed, which is always but in an experiment. */
export function failpoint(name: Failpoint): void {
  if (armed?.names.has(name) === true) armed.hit(name);
}

/**
 * Arms failpoints of this process, in the place of those that were armed before.
 * @param names none disarms all
 * @param hit what happens there, each time; a process of an experiment ends itself with SIGKILL
 */
export function armFailpoints(names: readonly Failpoint[], hit: (name: Failpoint) => void): void {
  armed = names.length === 0 ? undefined : { names: new Set(names), hit };
}
