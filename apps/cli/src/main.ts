import { fileURLToPath } from 'node:url';
import { currentEnvironment } from '@mcp-cluster/config';
import { asError, systemClock } from '@mcp-cluster/kernel';
import { readCommandLine, USAGE, UsageError, type Request } from './command-line.js';
import { connect, UnreachableError } from './connection.js';
import { call, list, read, type Session } from './verbs.js';

const EXIT = { good: 0, usage: 1, unreachable: 2, answeredWithError: 3 } as const;

/** How a node of this project is started. */
const OWN_NODE = [
  process.execPath,
  fileURLToPath(new URL('../../node/dist/main.js', import.meta.url)),
  '--stdio',
  '--log-level',
  'warn',
];

async function run(request: Exclude<Request, { verb: 'help' }>): Promise<number> {
  const { options } = request;
  const startedAt = systemClock.monotonic();
  const client = await connect(options);
  const interrupt = new AbortController();
  process.once('SIGINT', () => {
    interrupt.abort(new Error('interrupted'));
  });
  const session: Session = {
    client,
    options,
    connectMs: systemClock.monotonic() - startedAt,
    clock: systemClock,
    out: process.stdout,
    status: process.stderr,
    signal: interrupt.signal,
  };
  try {
    switch (request.verb) {
      case 'list':
        await list(session);
        return EXIT.good;
      case 'read':
        await read(session, request.uri);
        return EXIT.good;
      case 'call':
        return (await call(session, request.tool, request.pairs)) ? EXIT.good : EXIT.answeredWithError;
    }
  } finally {
    await client.close();
  }
}

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof UsageError) return EXIT.usage;
  if (thrown instanceof UnreachableError) return EXIT.unreachable;
  return EXIT.answeredWithError;
}

try {
  const request = readCommandLine(currentEnvironment().argv, OWN_NODE);
  if (request.verb === 'help') process.stdout.write(`${USAGE}\n`);
  else process.exitCode = await run(request);
} catch (thrown) {
  process.stderr.write(`${asError(thrown).message}\n`);
  if (thrown instanceof UsageError) process.stderr.write(`\n${USAGE}\n`);
  process.exitCode = exitCodeOf(thrown);
}
