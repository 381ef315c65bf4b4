/**
 * Runs a redis-server for as long as its parent lives. A process of its own, because redis-server does not notice that
 * whoever started it has gone: after a kill -9 of the manager it would run for ever, on a port that nobody knows.
 * Only built-in modules here: it starts in 40 ms and does nothing but wait.
 *
 * Arguments: the path of redis-server, whose configuration goes through our stdin and whose log through our stdout.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [file = ''] = process.argv.slice(2);
// An empty folder to work in: nothing is ever saved, but no file of that name elsewhere may be loaded either.
const folder = mkdtempSync(join(tmpdir(), 'mcp-cluster-redis-'));
const server = spawn(file, ['-'], { cwd: folder, stdio: 'inherit' });

function leave(code: number): void {
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

server.once('error', () => {
  if (server.pid === undefined) leave(127);
});
server.once('exit', (code) => {
  leave(code ?? 1);
});
// The parent closed the channel or is dead. There is nothing to save, so there is nothing to wait for.
process.once('disconnect', () => {
  server.kill('SIGKILL');
});
// A stop is for the parent to ask for, also where a signal reaches everything at once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.send?.({ pid: server.pid, folder });
