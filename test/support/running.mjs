// A process of a test: its output line by line, bounded waits, and an end that leaves nothing behind.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The repository's folder, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The runtime that the repository pins, whatever runs the tests. */
export const NODE = `${ROOT}node_modules/.bin/node`;

/** Lines that are kept of each output: an hour of a test's debug log. Older ones are dropped. */
const MAX_LINES = 200_000;
/** Milliseconds in which a process must be gone after it was asked to stop (the promise of Ctrl-C under npm start). */
export const STOP_MS = 5_000;
/** Milliseconds that a wait may take unless it says otherwise: two busy cores start a cluster in ten seconds. */
export const PATIENCE_MS = 30_000;

const alive = new Set();
process.once('exit', () => {
  for (const running of alive) running.child.kill('SIGKILL');
});

export class Running {
  constructor(command, args, { env = {}, cwd = ROOT, stdin = 'ignore', detached = false } = {}) {
    this.what = [command, ...args].join(' ');
    this.stdout = [];
    this.stderr = [];
    this.watchers = new Set();
    this.child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [stdin, 'pipe', 'pipe'],
      detached,
    });
    alive.add(this);
    const ended = [this.collect(this.child.stdout, this.stdout), this.collect(this.child.stderr, this.stderr)];
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error) => resolve({ code: null, signal: null, error }));
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
    }).then(async (how) => {
      alive.delete(this);
      // What a child of this process still holds open is not waited for.
      await Promise.race([Promise.all(ended), later(500)]);
      this.how = how;
      this.wake();
      return how;
    });
  }

  get pid() {
    return this.child.pid;
  }

  /** Everything that it wrote, for the message of a failed test. */
  get output() {
    return [...this.stdout, ...this.stderr].join('\n');
  }

  /** The first line that fits, of those that came and of those to come. Rejects when the process ends before it, or in time. */
  line(fits, { of = 'stdout', withinMs = PATIENCE_MS, what = 'a line' } = {}) {
    const found = () => this[of].find((line) => fits(line));
    return this.until(found, { withinMs, what });
  }

  /** The first value of `look` that is not undefined; it is asked after every line. */
  until(look, { withinMs = PATIENCE_MS, what }) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.watchers.delete(check);
        settle(value);
      };
      const fail = (why) => finish(reject, new Error(`${this.what}: no ${what}: ${why}\n${this.output.slice(-8000)}`));
      const timer = setTimeout(() => fail(`waited ${withinMs} ms`), withinMs);
      const check = () => {
        const value = look();
        if (value !== undefined) finish(resolve, value);
        else if (this.how !== undefined) fail(`it ended with ${JSON.stringify(this.how)}`);
      };
      this.watchers.add(check);
      check();
    });
  }

  /** Resolves with how it ended; rejects when it still runs after that time. */
  end(withinMs = PATIENCE_MS) {
    return this.until(() => this.how, { withinMs, what: 'end' });
  }

  kill(signal) {
    this.child.kill(signal);
  }

  collect(stream, lines) {
    return new Promise((resolve) => {
      createInterface({ input: stream })
        .on('line', (line) => {
          lines.push(line);
          if (lines.length > MAX_LINES) lines.shift();
          this.wake();
        })
        .once('close', resolve);
    });
  }

  wake() {
    for (const check of [...this.watchers]) check();
  }
}

/** Runs a command to its end: its exit code and what it wrote. */
export async function run(command, args, { withinMs = 60_000, ...options } = {}) {
  const running = new Running(command, args, options);
  try {
    const { code } = await running.end(withinMs);
    return { code, stdout: running.stdout.join('\n'), stderr: running.stderr.join('\n') };
  } finally {
    running.kill('SIGKILL');
  }
}

/** Whether a process of that id runs; one that has ended and was not yet collected by its parent does not. */
export function runs(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    return error.code !== 'ENOENT' || process.platform !== 'linux';
  }
}

/**
 * Asks until the answer is not undefined, for things that have no event to wait for (another process's state over
 * HTTP). An error counts as "not yet" and is told at the end.
 */
export async function eventually(what, ask, { withinMs = 10_000, everyMs = 20 } = {}) {
  const deadline = performance.now() + withinMs;
  let last;
  for (;;) {
    try {
      const value = await ask();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) break;
    await later(everyMs);
  }
  throw new Error(`${what}: not within ${withinMs} ms`, { cause: last });
}

function later(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
