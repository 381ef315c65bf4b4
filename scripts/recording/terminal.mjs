// What a command draws on a terminal, as text: the states of its live line with their times, and its other lines.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

const CAPTURE = fileURLToPath(new URL('pty_capture.py', import.meta.url));
/** Wide enough for a bar, its message and the time; narrow enough to be read on a page. */
const COLUMNS = 100;
/** Seconds after which a command is ended. */
const PATIENCE_S = 120;

/**
 * Runs a command on a pseudo-terminal (python3).
 * @returns `{ code, frames, lines }`: its exit code, the live line's states as `{ seconds, text }`, and what it printed
 */
export async function runOnTerminal(command, { env, cwd, signal }) {
  const words = [CAPTURE, String(COLUMNS), String(PATIENCE_S), ...command];
  const child = spawn('python3', words, { env, cwd, signal, stdio: ['ignore', 'pipe', 'inherit'] });
  const failed = new Promise((_, reject) => {
    child.once('error', (error) =>
      reject(error.code === 'ENOENT' ? new Error('python3: needed for its module pty, but not found') : error),
    );
  });
  const chunks = [];
  let code;
  const read = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const entry = JSON.parse(line);
      if (Array.isArray(entry)) chunks.push({ seconds: entry[0], bytes: Buffer.from(entry[1], 'base64') });
      else code = entry.exit;
    }
  })();
  await Promise.race([read, failed]);
  return { code, ...drawn(chunks) };
}

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const TOKEN = /\r\u001b\[2K|\r?\n|[^\r\n\u001b]+|\u001b[^\r\n]{0,16}|\r/g;

/**
 * Plays the output back. The client uses one control sequence, "clear this line and begin it anew"; any other is an
 * error, because it would stand in the recording as it is.
 */
export function drawn(chunks) {
  const { text, secondsAt } = joined(chunks);
  const frames = [];
  const lines = [];
  let line = '';
  let live = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '\r\u001b[2K') {
      line = '';
      live = true;
    } else if (token.endsWith('\n')) {
      if (!live) lines.push(line);
      line = '';
      live = false;
    } else if (token.startsWith('\u001b') || token === '\r') {
      throw new Error(`expected only lines and cleared lines, got ${JSON.stringify(token)} after "${line}"`);
    } else {
      line += token;
      if (live) frames.push({ seconds: secondsAt(index), text: line });
    }
  }
  if (line !== '' && !live) lines.push(line);
  return { frames, lines };
}

/** The whole text, and the time of each of its places. */
function joined(chunks) {
  const decoder = new TextDecoder();
  const starts = [];
  let text = '';
  for (const { seconds, bytes } of chunks) {
    starts.push({ at: text.length, seconds });
    text += decoder.decode(bytes, { stream: true });
  }
  return { text, secondsAt: (index) => starts.findLast(({ at }) => at <= index)?.seconds ?? 0 };
}
