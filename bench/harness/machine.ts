import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, homedir, release, totalmem } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
/** What one run leaves for the next: compiled subjects. */
export const CACHE = join(homedir(), '.cache/mcp-cluster/bench');
/** The server, or the proxy in front of it, has this core for itself. */
export const SERVER_CORE = 0;
/** Everything else: load generator, this program. */
export const LOAD_CORE = 1;

export interface Machine {
  cpu: string;
  cores: number;
  memoryMiB: number;
  kernel: string;
  node: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryMiB: Math.round(totalmem() / 1024 ** 2),
    kernel: release(),
    node: process.version,
  };
}

/** Where a program is, or undefined. */
export function findProgram(name: string): string | undefined {
  const found = spawnSync('which', [name], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** Refuses to start where the benchmarks cannot be right, and keeps this program off the server's core. */
export function prepareMachine(): void {
  if (process.platform !== 'linux') throw new Error('the benchmarks read /proc and pin processes: Linux only');
  if (cpus().length < 2) throw new Error('the benchmarks need two cores, one for the server, one for the load');
  for (const program of ['taskset', 'wrk']) {
    if (findProgram(program) === undefined) throw new Error(`${program} is missing: apt-get install util-linux wrk`);
  }
  execFileSync('taskset', ['-acp', String(LOAD_CORE), String(process.pid)], { stdio: 'ignore' });
}

/** The installed version of a package, for the report. */
export function installedVersion(packageName: string): string {
  const manifest = readFileSync(join(ROOT, 'node_modules', packageName, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
