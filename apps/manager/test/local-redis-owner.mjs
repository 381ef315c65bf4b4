// A manager of a few lines: starts a redis-server as the manager does, tells of it, and then waits to be killed.
import { spawn } from 'node:child_process';
import process from 'node:process';

const [keeper, server, port] = process.argv.slice(2);
const child = spawn(process.execPath, [keeper, server], { detached: true, stdio: ['pipe', 'pipe', 2, 'ipc'] });
let kept;
child.on('message', (message) => (kept = message));
let said = '';
child.stdout.on('data', (chunk) => {
  said += chunk;
  if (!said.includes('Ready to accept connections')) return;
  process.send?.({ keeper: child.pid, ...kept });
  said = '';
});
child.stdin.end(`port ${port}\nbind 127.0.0.1\nsave ""\n`);
