import { sleep, type Clock } from '@mcp-cluster/kernel';
import type { AdminApi, ListedNode, ListedOperation } from './admin-api.js';
import { AdminRefusedError, AdminUnreachableError } from './admin.errors.js';
import { plain } from './table.view.js';

/** Milliseconds between looks: as often as the manager looks at its nodes. */
const LOOK_MS = 500;
/** Looks in a row that may fail: the way to the manager may be interrupted, and the operation goes on there. */
const MAX_FAILURES = 10;

export interface Watch {
  readonly api: Pick<AdminApi, 'operation' | 'nodes'>;
  readonly clock: Clock;
  /** Gets a line for each change of the nodes that it is about. */
  readonly line: (text: string) => void;
  readonly timeoutMs: number;
}

/**
 * Waits until an operation has ended.
 * @throws AdminRefusedError when the time passed before, AdminUnreachableError
 */
export async function watchOperation(begun: ListedOperation, watch: Watch): Promise<ListedOperation> {
  const { api, clock, line, timeoutMs } = watch;
  const deadline = clock.monotonic() + timeoutMs;
  const told = new Map<string, string>();
  let failures = 0;
  let operation = begun;
  while (operation.state === 'running') {
    if (clock.monotonic() >= deadline)
      throw new AdminRefusedError('still_running', `${begun.id} (${begun.kind}) goes on; it is no longer watched`);
    await sleep(clock, LOOK_MS);
    try {
      const [next, nodes] = await Promise.all([api.operation(begun.id), api.nodes()]);
      operation = next;
      failures = 0;
      for (const text of news(operation, nodes, told)) line(text);
    } catch (thrown) {
      failures += 1;
      if (!(thrown instanceof AdminUnreachableError) || failures >= MAX_FAILURES) throw thrown;
    }
  }
  return operation;
}

/** What has changed since the last look: of the node, or of all where the operation is about all. */
function news({ node }: ListedOperation, nodes: readonly ListedNode[], told: Map<string, string>): string[] {
  const concerned = nodes.filter(({ id }) => node === undefined || id === node);
  const lines = concerned.flatMap((one) => {
    const text = describe(one);
    if (told.get(one.id) === text) return [];
    told.set(one.id, text);
    return [text];
  });
  const gone = [...told.keys()].filter((id) => !concerned.some((one) => one.id === id));
  for (const id of gone) told.delete(id);
  return [...lines, ...gone.map((id) => `${plain(id)}  gone`)];
}

function describe({ id, state, inFlight, streams, sessions }: ListedNode): string {
  // A ready node's load changes all the time; what a draining one still has is what is waited for.
  if (state !== 'draining') return plain(`${id}  ${state}`);
  return plain(
    `${id}  draining: ${String(inFlight)} in flight, ${String(streams)} streams, ${String(sessions)} sessions`,
  );
}
