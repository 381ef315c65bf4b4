import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './paths.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program to its end; resolves with its exit code (128 + the signal's number where a signal ended it).
 * It never outlives this process: stop signals are passed on, and it is killed if this process ends first.
 * A Ctrl-C may reach it twice, from the terminal and from here: the apps take both for one.
 */
export function run(command, args, { forward = true, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const pass = (signal) => child.kill(signal);
    const kill = () => child.kill('SIGKILL');
    const signals = forward ? FORWARDED : [];
    for (const signal of signals) process.on(signal, pass);
    process.on('exit', kill);
    const release = () => {
      for (const signal of signals) process.off(signal, pass);
      process.off('exit', kill);
    };
    child.once('error', (error) => {
      release();
      reject(new Error(`cannot run ${command}: ${error.message}`, { cause: error }));
    });
    child.once('close', (code, signal) => {
      release();
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Runs a program and keeps what it prints: resolves with `{ code, output }`. */
export async function capture(command, args, options = {}) {
  const chunks = [];
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => chunks.push(chunk));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      chunks.push(Buffer.from(error.message));
      resolve(127);
    });
    child.once('close', (status) => resolve(status ?? 1));
  });
  return { code, output: Buffer.concat(chunks).toString() };
}

/** Runs a script's `main`, and ends the process with the code that it resolves to; an error is one line, not a stack. */
export function exitWith(main) {
  main().then(
    (code) => process.exit(code),
    (error) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
}
