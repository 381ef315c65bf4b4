import { parseArgs } from 'node:util';
import { LocalError } from '@mcp-cluster/kernel';

export type EraChoice = 'auto' | 'legacy' | 'modern';

export interface Options {
  /** Where the cluster is; not used with `command`. */
  readonly url: string;
  /** A server to start and to speak with over stdin and stdout, as words. */
  readonly command: readonly string[] | undefined;
  readonly era: EraChoice;
  readonly json: boolean;
  /** Whether the server is told that it may answer a call with a task. */
  readonly task: boolean;
  /** Milliseconds that a request may be silent. */
  readonly timeoutMs: number;
}

export type Request =
  | { readonly verb: 'help' }
  | { readonly verb: 'list'; readonly options: Options }
  | { readonly verb: 'call'; readonly tool: string; readonly pairs: readonly string[]; readonly options: Options }
  | { readonly verb: 'read'; readonly uri: string; readonly options: Options }
  | {
      readonly verb: 'complete';
      readonly template: string;
      readonly variable: string;
      readonly prefix: string;
      readonly options: Options;
    };

export const USAGE = `Usage: npm run mcp -- VERB [OPTION...]

  list                      tools, resources and prompts of the server
  call TOOL [NAME=VALUE...] calls a tool; values are read as the tool's schema says
  read URI                  reads a resource
  complete TEMPLATE VARIABLE [PREFIX]
                            values of a resource template's variable that begin with PREFIX

  --url URL          where the server is (default http://127.0.0.1:3000/mcp)
  --stdio            start a node of this project and speak over stdin and stdout
  --command "WORDS"  the same with any server
  --era ERA          auto (default), modern (2026-07-28) or legacy (2025 revisions)
  --task             let the server answer a call with a task, and follow it to its end (2026-07-28)
  --timeout SECONDS  how long a request may be silent (default 60)
  --json             print the result as JSON and nothing else on stdout
  --help             this text

What a tool asks is asked on the terminal. Ctrl-C cancels, a second one ends at once.

Exit codes: 0 good, 1 wrong usage, 2 the server cannot be reached, 3 the tool or the server answered with an error.`;

/** The words on the command line cannot be used. */
export class UsageError extends LocalError {
  constructor(message: string) {
    super('cli.usage', message);
  }
}

/** An hour: a longer silence is a server that died. */
const MAX_TIMEOUT_SECONDS = 3_600;

/**
 * @param ownNode how a node of this project is started, for `--stdio`
 * @throws UsageError naming the word, what came and what was expected
 */
export function readCommandLine(argv: readonly string[], ownNode: readonly string[]): Request {
  const { values, positionals } = parse(argv);
  const [verb, ...rest] = positionals;
  if (values.help === true || verb === undefined) return { verb: 'help' };
  const options = readOptions(values, ownNode);
  switch (verb) {
    case 'list':
      if (rest.length > 0) throw new UsageError(`list: expected nothing more, got "${rest.join(' ')}"`);
      return { verb, options };
    case 'call': {
      const [tool, ...pairs] = rest;
      if (tool === undefined) throw new UsageError('call: expected the name of a tool, got nothing');
      return { verb, tool, pairs, options };
    }
    case 'read': {
      const [uri, ...more] = rest;
      if (uri === undefined || more.length > 0)
        throw new UsageError(`read: expected one URI, got ${String(rest.length)}`);
      return { verb, uri, options };
    }
    case 'complete': {
      const [template, variable, prefix = '', ...more] = rest;
      if (template === undefined || variable === undefined || more.length > 0)
        throw new UsageError(
          `complete: expected a template, a variable and perhaps a prefix, got ${String(rest.length)} words`,
        );
      return { verb, template, variable, prefix, options };
    }
    default:
      throw new UsageError(`expected list, call, read or complete, got "${verb}"`);
  }
}

type Values = ReturnType<typeof parse>['values'];

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        stdio: { type: 'boolean' },
        command: { type: 'string' },
        era: { type: 'string' },
        timeout: { type: 'string' },
        json: { type: 'boolean' },
        task: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (thrown) {
    throw new UsageError((thrown as Error).message);
  }
}

function readOptions(values: Values, ownNode: readonly string[]): Options {
  const era = values.era ?? 'auto';
  if (era !== 'auto' && era !== 'legacy' && era !== 'modern')
    throw new UsageError(`--era: expected auto, legacy or modern, got "${era}"`);
  const timeout = Number(values.timeout ?? 60);
  if (!(timeout > 0 && timeout <= MAX_TIMEOUT_SECONDS))
    throw new UsageError(
      `--timeout: expected seconds up to ${String(MAX_TIMEOUT_SECONDS)}, got "${values.timeout ?? ''}"`,
    );
  const url = values.url ?? 'http://127.0.0.1:3000/mcp';
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw new UsageError(`--url: expected an http or https URL, got "${url}"`);
  const words = values.command?.trim().split(/\s+/);
  if (words?.[0] === '') throw new UsageError('--command: expected a command, got nothing');
  const command = values.stdio === true ? ownNode : words;
  // A server of a 2025 revision cannot know the extension: asking for both is a mistake that would pass unseen.
  if (values.task === true && era === 'legacy')
    throw new UsageError('--task: expected --era auto or modern with it, got "legacy"');
  return { url, command, era, json: values.json === true, task: values.task === true, timeoutMs: timeout * 1000 };
}
