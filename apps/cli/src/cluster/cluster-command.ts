import { parseArgs } from 'node:util';
import type { Environment } from '@mcp-cluster/config';
import { UsageError } from '../command-line.js';
import { readCacheWords, refuseTargets, type CacheWords } from './cache-command.js';

export interface ClusterOptions {
  /** Origin of the admin port. */
  readonly admin: string;
  readonly json: boolean;
  /** Milliseconds that an operation is watched. */
  readonly timeoutMs: number;
}

export type ClusterCommand =
  | { readonly verb: 'help' }
  | { readonly verb: 'nodes' | 'restart' | 'decisions' | 'operations'; readonly options: ClusterOptions }
  | {
      readonly verb: 'add';
      /** Of a node that runs already; without it one more is started. */
      readonly url: string | undefined;
      readonly managementUrl: string | undefined;
      readonly options: ClusterOptions;
    }
  | { readonly verb: 'drain'; readonly id: string; readonly options: ClusterOptions }
  | { readonly verb: 'remove'; readonly id: string; readonly force: boolean; readonly options: ClusterOptions }
  | (CacheWords & { readonly options: ClusterOptions });

/** Where the admin port of `npm start` is. */
const DEFAULT_ADMIN = 'http://127.0.0.1:8080';
/** Ten minutes: longer than most drain timeouts. The longest of them is an hour. */
const DEFAULT_TIMEOUT_SECONDS = 600;
const MAX_TIMEOUT_SECONDS = 7_200;

export const CLUSTER_USAGE = `Usage: npm run cluster -- VERB [OPTION...]

  nodes              who is in the cluster
  add                starts one more node, where the manager starts its nodes itself
  add URL            takes a node that runs already into the cluster (http://10.0.0.5:3001)
  drain ID           lets a node finish what it has; one of the manager's own is replaced
  remove ID          drains a node and takes it out
  restart            replaces every node, one after another, each by a new one first
  decisions          what scaling decided, and why
  operations         what was ordered, and how it went
  cache              what the caches hold, how often they help, and what is used most
  cache invalidate   lets every node forget what --tool NAME, --resource NAME, --uri URI, --tag TAG, --key ID or --all names

  --admin URL        where the manager's admin port is (default ${DEFAULT_ADMIN}, or MCP_ADMIN_URL)
  --management URL   add: where the node's management port is (default: the manager's --nodes-management-port)
  --force            remove: does not wait for the node's calls, and removes the last one too
  --timeout SECONDS  how long an operation is watched (default ${String(DEFAULT_TIMEOUT_SECONDS)}); it goes on by itself
  --json             print the result as JSON and nothing else on stdout
  --help             this text

Exit codes: 0 good, 1 wrong usage, 2 the manager cannot be reached, 3 it refused, or what was ordered failed.`;

/** @throws UsageError naming the word, what came and what was expected */
export function readClusterCommand(argv: readonly string[], env: Environment): ClusterCommand {
  const { values, positionals } = parse(argv);
  const [verb, ...words] = positionals;
  if (values.help === true || verb === undefined) return { verb: 'help' };
  if (values.force === true && verb !== 'remove') throw new UsageError(`--force: expected with remove, got "${verb}"`);
  if (values.management !== undefined && (verb !== 'add' || words.length === 0))
    throw new UsageError('--management: expected with add URL');
  if (verb !== 'cache') refuseTargets(verb, values);
  const options = readOptions(values, env);
  switch (verb) {
    case 'nodes':
    case 'restart':
    case 'decisions':
    case 'operations':
      if (words.length > 0) throw new UsageError(`${verb}: expected nothing more, got "${words.join(' ')}"`);
      return { verb, options };
    case 'add': {
      if (words.length > 1) throw new UsageError(`add: expected a URL or nothing, got "${words.join(' ')}"`);
      const [url] = words;
      return {
        verb,
        url: url === undefined ? undefined : origin('add', url),
        managementUrl: values.management === undefined ? undefined : origin('--management', values.management),
        options,
      };
    }
    case 'drain':
      return { verb, id: onlyId(verb, words), options };
    case 'remove':
      return { verb, id: onlyId(verb, words), force: values.force === true, options };
    case 'cache':
      return { ...readCacheWords(words, values), options };
    default:
      throw new UsageError(
        `expected nodes, add, drain, remove, restart, decisions, operations or cache, got "${verb}"`,
      );
  }
}

type Values = ReturnType<typeof parse>['values'];

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        admin: { type: 'string' },
        management: { type: 'string' },
        force: { type: 'boolean' },
        tool: { type: 'string' },
        resource: { type: 'string' },
        uri: { type: 'string' },
        tag: { type: 'string' },
        key: { type: 'string' },
        all: { type: 'boolean' },
        timeout: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (thrown) {
    throw new UsageError((thrown as Error).message);
  }
}

function readOptions(values: Values, env: Environment): ClusterOptions {
  const seconds = Number(values.timeout ?? DEFAULT_TIMEOUT_SECONDS);
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS))
    throw new UsageError(
      `--timeout: expected seconds up to ${String(MAX_TIMEOUT_SECONDS)}, got "${values.timeout ?? ''}"`,
    );
  const fromEnv = env.MCP_ADMIN_URL === '' ? undefined : env.MCP_ADMIN_URL;
  const admin =
    values.admin === undefined
      ? origin('MCP_ADMIN_URL', fromEnv ?? DEFAULT_ADMIN, ['http:', 'https:'])
      : origin('--admin', values.admin, ['http:', 'https:']);
  return { admin, json: values.json === true, timeoutMs: seconds * 1_000 };
}

/** Nodes speak http only; the admin port may be behind something that speaks https. */
function origin(what: string, text: string, protocols: readonly string[] = ['http:']): string {
  const url = URL.parse(text);
  if (url === null || !protocols.includes(url.protocol) || url.href !== `${url.origin}/`)
    throw new UsageError(`${what}: expected a URL without path (http://10.0.0.5:3001), got "${text}"`);
  return url.origin;
}

function onlyId(verb: string, words: readonly string[]): string {
  const [id, ...more] = words;
  if (id === undefined || id === '' || more.length > 0)
    throw new UsageError(`${verb}: expected the id of one node, got "${words.join(' ')}"`);
  return id;
}
