import { readFileSync } from 'node:fs';

/** USER_HZ: on every Linux that Node supports /proc counts CPU time in hundredths of a second. */
const MICROSECONDS_A_TICK = 10_000;

/** CPU time of a process, all its threads, user and system, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The second field is the command in brackets and may hold spaces: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_A_TICK;
}

/** Memory of a process that is in RAM, in MiB. */
export function residentMebibytes(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Busy time of one core since boot, and all its time, both in ticks. */
export interface CoreTime {
  busy: number;
  all: number;
}

export function coreTime(core: number): CoreTime {
  const stat = readFileSync('/proc/stat', 'utf8');
  const line = new RegExp(`^cpu${String(core)} (.*)$`, 'm').exec(stat)?.[1];
  if (line === undefined) throw new Error(`no core ${String(core)} in /proc/stat`);
  // user nice system idle iowait irq softirq steal; guest times are within user's.
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .split(' ')
    .map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, all: busy + idle + iowait };
}

/** Share of a core that was busy between two readings, 0 to 1. */
export function busyShare(before: CoreTime, after: CoreTime): number {
  return (after.busy - before.busy) / (after.all - before.all);
}
