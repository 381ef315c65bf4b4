import { fileURLToPath } from 'node:url';
import { currentEnvironment } from '@mcp-cluster/config';
import { LocalError, systemClock } from '@mcp-cluster/kernel';
import { readCommandLine, USAGE, UsageError, type Request } from './command-line.js';
import { connect, UnreachableError } from './connection.js';
import { failureText } from './failure.view.js';
import { InterruptedError } from './followed-request.js';
import { Interrupts } from './interrupts.js';
import { Keyboard } from './keyboard.js';
import { QuestionDesk } from './question-desk.js';
import type { Session } from './session.js';
import { call, complete, list, read } from './verbs.js';

/** A second Ctrl-C ends as a signal would: 128 and SIGINT's number. */
const EXIT = { good: 0, usage: 1, unreachable: 2, answeredWithError: 3, interrupted: 130 } as const;

/** How a node of this project is started. */
const OWN_NODE = [
  process.execPath,
  fileURLToPath(new URL('../../node/dist/main.js', import.meta.url)),
  '--stdio',
  '--log-level',
  'warn',
];

type Work = Exclude<Request, { verb: 'help' }>;

async function run(request: Work): Promise<number> {
  const { options } = request;
  // Questions are written to stderr: stdout is the result's.
  const keyboard =
    process.stdin.isTTY && process.stderr.isTTY ? new Keyboard(process.stdin, process.stderr) : undefined;
  const desk = new QuestionDesk(process.stderr, keyboard);
  const startedAt = systemClock.monotonic();
  const connection = await connect(options, desk);
  const interrupts = new Interrupts(systemClock, () => process.exit(EXIT.interrupted));
  process.on('SIGINT', interrupts.received);
  const session: Session = {
    connection,
    options,
    connectMs: systemClock.monotonic() - startedAt,
    clock: systemClock,
    out: process.stdout,
    status: process.stderr,
    desk,
    signal: interrupts.signal,
  };
  try {
    return await perform(request, session);
  } catch (thrown) {
    // The SDK and the tasks session have words of their own for a Ctrl-C.
    const ours = thrown instanceof LocalError || !interrupts.signal.aborted;
    throw ours ? thrown : new InterruptedError(undefined, { cause: thrown });
  } finally {
    keyboard?.close();
    await connection.client.close();
  }
}

async function perform(request: Work, session: Session): Promise<number> {
  switch (request.verb) {
    case 'list':
      await list(session);
      return EXIT.good;
    case 'read':
      await read(session, request.uri);
      return EXIT.good;
    case 'complete':
      await complete(session, request);
      return EXIT.good;
    case 'call':
      return (await call(session, request.tool, request.pairs)) ? EXIT.good : EXIT.answeredWithError;
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
  process.stderr.write(`${failureText(thrown)}\n`);
  if (thrown instanceof UsageError) process.stderr.write(`\n${USAGE}\n`);
  process.exitCode = exitCodeOf(thrown);
}
