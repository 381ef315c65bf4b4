import { MessageChannel } from 'node:worker_threads';
import { currentEnvironment } from '@mcp-cluster/config';
import { asError, systemClock } from '@mcp-cluster/kernel';
import { AdminApi } from './cluster/admin-api.js';
import { AdminRefusedError, AdminUnreachableError } from './cluster/admin.errors.js';
import { CLUSTER_USAGE, readClusterCommand } from './cluster/cluster-command.js';
import { performClusterCommand } from './cluster/cluster.verbs.js';
import { UsageError } from './command-line.js';

const EXIT = { good: 0, usage: 1, unreachable: 2, refused: 3, interrupted: 130 } as const;

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof UsageError) return EXIT.usage;
  if (thrown instanceof AdminUnreachableError) return EXIT.unreachable;
  return EXIT.refused;
}

process.once('SIGINT', () => {
  process.stderr.write('\nNo longer watching. What was ordered goes on: GET /admin/operations tells how.\n');
  process.exit(EXIT.interrupted);
});

// The kernel's timers keep no process alive, and between two looks there is nothing else: an open port does.
const { port1: hold } = new MessageChannel();
hold.on('message', () => undefined);

try {
  const { argv, env } = currentEnvironment();
  const command = readClusterCommand(argv, env);
  if (command.verb === 'help') {
    process.stdout.write(`${CLUSTER_USAGE}\n`);
  } else {
    const api = new AdminApi(command.options.admin);
    const done = await performClusterCommand(command, {
      api,
      clock: systemClock,
      out: process.stdout,
      status: process.stderr,
    });
    process.exitCode = done ? EXIT.good : EXIT.refused;
  }
} catch (thrown) {
  process.stderr.write(`${asError(thrown).message}\n`);
  if (thrown instanceof UsageError) process.stderr.write(`\n${CLUSTER_USAGE}\n`);
  // What nobody foresaw is told with its place.
  else if (!(thrown instanceof AdminRefusedError || thrown instanceof AdminUnreachableError))
    process.stderr.write(`${asError(thrown).stack ?? ''}\n`);
  process.exitCode = exitCodeOf(thrown);
} finally {
  hold.close();
}
