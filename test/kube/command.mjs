// Commands with a bound on their time, whose output is kept.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';

const running = new Set();

/**
 * Starts a command. `output` is what it has written; `lines` gives its stdout line by line; `ended` resolves with
 * the output or rejects with an error that has it.
 */
export function start(command, args, { timeoutMs, env = process.env }) {
  const child = spawn(command, args, {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const started = { child, output: '', stdout: '', lines: createInterface({ input: child.stdout }) };
  child.stdin.on('error', () => undefined); // it ended first
  child.stdout.on('data', (data) => {
    started.stdout += data;
    started.output += data;
  });
  child.stderr.on('data', (data) => (started.output += data));
  running.add(child);
  started.ended = once(child, 'close').then(
    ([code, signal]) => {
      running.delete(child);
      if (code === 0) return started.stdout;
      const why = signal === 'SIGKILL' ? `killed, perhaps after ${timeoutMs / 1000} s` : `exit code ${code}`;
      throw new Error(`${[command, ...args].join(' ')}: ${why}\n${started.output.slice(-6000)}`);
    },
    (error) => {
      running.delete(child);
      throw new Error(`${command}: cannot be started: ${error.message}`);
    },
  );
  started.ended.catch(() => undefined); // whoever awaits it hears of it
  return started;
}

/** Runs a command to its end and gives its stdout. */
export function run(command, args, { timeoutMs = 60_000, env } = {}) {
  const started = start(command, args, { timeoutMs, env });
  started.child.stdin.end();
  return started.ended;
}

/** Ends whatever still runs; what was waiting for it fails. */
export function endAll() {
  for (const child of running) child.kill('SIGKILL');
}
