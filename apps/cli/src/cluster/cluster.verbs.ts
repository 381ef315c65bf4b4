import type { Clock } from '@mcp-cluster/kernel';
import type { AdminApi, ListedDecision, ListedNode, ListedOperation } from './admin-api.js';
import { cacheText, invalidationTable, silentLines } from './cache.view.js';
import type { ClusterCommand } from './cluster-command.js';
import { plain, table } from './table.view.js';
import { watchOperation } from './watched-operation.js';

export interface Terminal {
  readonly api: AdminApi;
  readonly clock: Clock;
  /** The result's. */
  readonly out: { write(text: string): unknown };
  /** Progress and whatever is not the result. */
  readonly status: { write(text: string): unknown };
}

type Work = Exclude<ClusterCommand, { verb: 'help' }>;

/** @returns whether what was ordered was done */
export async function performClusterCommand(command: Work, terminal: Terminal): Promise<boolean> {
  const { api } = terminal;
  const { json } = command.options;
  const show = (value: unknown, text: string): boolean => {
    terminal.out.write(`${json ? JSON.stringify(value, null, 2) : text}\n`);
    return true;
  };
  switch (command.verb) {
    case 'nodes': {
      const nodes = await api.nodes();
      return show(nodes, nodesTable(nodes));
    }
    case 'decisions': {
      const decisions = await api.decisions();
      return show(decisions, decisionsTable(decisions));
    }
    case 'operations': {
      const operations = await api.operations();
      return show(operations, operationsTable(operations));
    }
    case 'cache': {
      const cache = await api.cache();
      for (const line of silentLines(cache)) terminal.status.write(`${line}\n`);
      return show(cache, cacheText(cache));
    }
    case 'cache invalidate': {
      const answer = await api.invalidateCache(command.target);
      return show(answer, invalidationTable(answer)) && answer.nodes.every(({ done }) => done);
    }
    case 'add': {
      if (command.url === undefined) return follow(await api.start(), command, terminal);
      const node = await api.add(command.url, command.managementUrl);
      return show(node, `${plain(node.url)} is in the cluster`);
    }
    case 'drain':
      return follow(await api.drain(command.id), command, terminal);
    case 'remove':
      return follow(await api.remove(command.id, command.force), command, terminal);
    case 'restart':
      return follow(await api.restart(), command, terminal);
  }
}

async function follow(begun: ListedOperation, { options }: Work, terminal: Terminal): Promise<boolean> {
  const { api, clock, out, status } = terminal;
  const line = (text: string): void => {
    status.write(`${text}\n`);
  };
  line(`${plain(begun.id)}  ${named(begun)} …`);
  const ended = await watchOperation(begun, { api, clock, line, timeoutMs: options.timeoutMs });
  const failure = ended.error === undefined ? '' : `: ${ended.error.message} (${ended.error.code})`;
  const text = plain(`${named(ended)}: ${ended.state}${failure}`);
  if (options.json) out.write(`${JSON.stringify(ended, null, 2)}\n`);
  else if (ended.state === 'done') out.write(`${text}\n`);
  else line(text);
  return ended.state === 'done';
}

function named({ kind, node }: ListedOperation): string {
  return plain(node === undefined ? kind : `${kind} ${node}`);
}

function nodesTable(nodes: readonly ListedNode[]): string {
  return table(
    ['ID', 'STATE', 'IN FLIGHT', 'STREAMS', 'SESSIONS', 'URL', 'PID', 'VERSION'],
    nodes.map(({ id, state, inFlight, streams, sessions, url, pid, version }) => [
      id,
      state,
      inFlight,
      streams,
      sessions,
      url,
      String(pid ?? '–'),
      version,
    ]),
  );
}

function decisionsTable(decisions: readonly ListedDecision[]): string {
  return table(
    ['AT', 'ACTION', 'FROM', 'TO', 'REASON', 'CONFIDENCE', 'APPLIED'],
    decisions.map(({ at, action, from, to, reason, confidence, applied, error }) => [
      at,
      action,
      from,
      to,
      reason,
      String(confidence),
      error ?? (applied ? 'yes' : 'no'),
    ]),
  );
}

function operationsTable(operations: readonly ListedOperation[]): string {
  return table(
    ['ID', 'KIND', 'NODE', 'STATE', 'STARTED', 'ENDED', 'WHY IT FAILED'],
    operations.map(({ id, kind, node = 'all', state, startedAt, endedAt = '–', error }) => [
      id,
      kind,
      node,
      state,
      startedAt,
      endedAt,
      error?.message ?? '',
    ]),
  );
}
