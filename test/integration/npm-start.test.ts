import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface ListedNode {
  readonly state: string;
  readonly pid: number;
}

let started: ChildProcess | undefined;

afterEach(() => {
  // The whole process group: npm, its shell, the script, the manager. Gone already when the test was good.
  const running = started !== undefined && started.exitCode === null && started.signalCode === null;
  if (running && started?.pid !== undefined) process.kill(-started.pid, 'SIGKILL');
});

/** `npm start` as in a terminal: a process group of its own, which Ctrl-C would signal as a whole. */
async function npmStart(): Promise<{ child: ChildProcess; admin: string; mcp: string }> {
  const flags = ['--port', '0', '--admin-port', '0', '--management-port', '0', '--log-level', 'warn'];
  const child = spawn('npm', ['start', '--', ...flags], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started = child;
  const urls = new Map<string, string>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, url] = /^(MCP|admin)\s+(\S+)$/.exec(line) ?? [];
    if (name !== undefined && url !== undefined) urls.set(name, url);
    if (line === 'ready') {
      child.stdout.resume();
      return { child, admin: urls.get('admin') ?? '', mcp: urls.get('MCP') ?? '' };
    }
  }
  throw new Error('npm start ended before it was ready');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('npm start', () => {
  it('prints its URLs and ready, lists two ready nodes, and Ctrl-C ends every process within 5 s', async () => {
    const { child, admin } = await npmStart();
    const nodes = (await (await fetch(admin)).json()) as ListedNode[];
    expect(nodes.map(({ state }) => state)).toEqual(['ready', 'ready']);
    const pids = nodes.map(({ pid }) => pid);
    expect(pids.every(isAlive)).toBe(true);

    const ended = once(child, 'exit');
    const before = performance.now();
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await ended;
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});
