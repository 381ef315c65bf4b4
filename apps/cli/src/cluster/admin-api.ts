import { AdminRefusedError, AdminUnreachableError } from './admin.errors.js';
import type { ForgottenTarget } from './cache-command.js';

/** A node as `GET /admin/nodes` shows it. */
export interface ListedNode {
  readonly id: string;
  readonly url: string;
  readonly state: string;
  readonly pid?: number;
  readonly version: string;
  readonly inFlight: number;
  readonly sessions: number;
  readonly streams: number;
}

/** An operation as `GET /admin/operations` shows it. */
export interface ListedOperation {
  readonly id: string;
  readonly kind: string;
  readonly node?: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A decision as `GET /admin/decisions` shows it. */
export interface ListedDecision {
  readonly at: string;
  readonly action: string;
  readonly reason: string;
  readonly from: number;
  readonly to: number;
  readonly confidence: number;
  readonly applied: boolean;
  readonly error?: string;
}

/** A level of the cache as `GET /admin/cache` shows it. */
export interface ListedCacheLevel {
  readonly state: string;
  readonly entries?: number;
  readonly bytes?: number;
  readonly hits: number;
  readonly misses: number;
  readonly hitRatio?: number;
}

/** What `GET /admin/cache` shows, as far as it is printed. */
export interface ListedCache {
  readonly levels: Readonly<Record<string, ListedCacheLevel>>;
  readonly nodes: readonly { readonly id: string; readonly levels: Readonly<Record<string, ListedCacheLevel>> }[];
  readonly silent: readonly { readonly id: string; readonly reason: string }[];
  readonly hottest: readonly {
    readonly id: string;
    readonly type: string;
    readonly space: string;
    readonly hits: number;
    readonly bytes: number;
    readonly nodes: number;
  }[];
}

/** What `POST /admin/cache/invalidate` answers, done everywhere or not. */
export interface ListedInvalidation {
  readonly nodes: readonly { readonly id: string; readonly done: boolean; readonly reason?: string }[];
}

/** Milliseconds for an answer: the manager asks a node that is added for two seconds. */
const ANSWER_MS = 10_000;

/** The admin API of one manager. Each call rejects with AdminUnreachableError or AdminRefusedError. */
export class AdminApi {
  /** @param origin of the admin port */
  constructor(private readonly origin: string) {}

  nodes(): Promise<readonly ListedNode[]> {
    return this.ask('GET', 'nodes');
  }

  decisions(): Promise<readonly ListedDecision[]> {
    return this.ask('GET', 'decisions');
  }

  operations(): Promise<readonly ListedOperation[]> {
    return this.ask('GET', 'operations');
  }

  operation(id: string): Promise<ListedOperation> {
    return this.ask('GET', `operations/${encodeURIComponent(id)}`);
  }

  start(): Promise<ListedOperation> {
    return this.ask('POST', 'nodes');
  }

  add(url: string, managementUrl: string | undefined): Promise<ListedNode> {
    return this.ask('POST', 'nodes', { url, ...(managementUrl !== undefined && { managementUrl }) });
  }

  drain(id: string): Promise<ListedOperation> {
    return this.ask('POST', `nodes/${encodeURIComponent(id)}/drain`);
  }

  remove(id: string, force: boolean): Promise<ListedOperation> {
    return this.ask('DELETE', `nodes/${encodeURIComponent(id)}${force ? '?force=true' : ''}`);
  }

  restart(): Promise<ListedOperation> {
    return this.ask('POST', 'restart');
  }

  cache(): Promise<ListedCache> {
    return this.ask('GET', 'cache');
  }

  /** Also where some nodes could not be told: the answer says which. */
  invalidateCache(target: ForgottenTarget): Promise<ListedInvalidation> {
    return this.ask('POST', 'cache/invalidate', target);
  }

  private async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const url = `${this.origin}/admin/${path}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        // Also without a body: what changes something is refused otherwise, so that no web page can send it.
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      text = await response.text();
    } catch (thrown) {
      throw new AdminUnreachableError(this.origin, reason(thrown), { cause: thrown });
    }
    const answer = parse(text);
    if (answer === undefined) throw new AdminUnreachableError(this.origin, 'what answers there is no admin port');
    // A list of nodes says of each how it went: a result, though not a good one.
    if (!response.ok && !('nodes' in answer)) {
      const { error, message } = answer as { error?: unknown; message?: unknown };
      throw new AdminRefusedError(
        typeof error === 'string' ? error : String(response.status),
        typeof message === 'string' ? message : response.statusText,
      );
    }
    return answer as T;
  }
}

/** Any object or list: a manager answers nothing else. */
function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** fetch hides why it failed at the end of a chain of causes. */
function reason(thrown: unknown): string {
  let innermost: unknown = thrown;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  return innermost instanceof Error ? innermost.message || innermost.name : String(innermost);
}
