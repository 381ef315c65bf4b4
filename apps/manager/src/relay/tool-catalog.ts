import type { Background, Clock } from '@mcp-cluster/kernel';
import type { CacheScope } from '@mcp-cluster/protocol';
import type { ClusterNode } from '../membership/cluster-node.js';
import { isRepeatableTool } from './repeatable.policy.js';
import type { CacheableTools } from './route-key.js';
import type { ListedTool } from './tool-list.request.js';

/** Milliseconds a list is believed; as long as its nodes tell clients to keep it. */
const KEEP_MS = 5 * 60_000;
/** Nodes that are asked for one list: the first may be the one that has just died. */
const NODES_ASKED = 2;

export interface ToolCatalogParts {
  /** Asks one node; rejects within a second or so. */
  readonly list: (node: ClusterNode) => Promise<readonly ListedTool[]>;
  /** Nodes that can be asked now. */
  readonly ready: () => readonly ClusterNode[];
  readonly clock: Clock;
  readonly background: Background;
}

/**
 * Knows of which tools a call may be sent twice, and of which results are kept. It asks a node when one joins, so that it nearly always knows when
 * a node dies, and else when it is asked; one question at a time, whoever wants to know.
 */
export class ToolCatalog implements CacheableTools {
  private repeatable: ReadonlySet<string> = new Set();
  private scopes: ReadonlyMap<string, CacheScope> = new Map();
  private readAt = -Infinity;
  private asking = false;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly parts: ToolCatalogParts) {}

  /** What is known without asking; undefined when nothing is, or nothing newer than five minutes. */
  knows(tools: readonly string[]): boolean | undefined {
    if (tools.length === 0) return true;
    if (this.parts.clock.monotonic() - this.readAt >= KEEP_MS) return undefined;
    return tools.every((tool) => this.repeatable.has(tool));
  }

  /** As the last list said, however old it is: calls are placed by it, and nothing goes wrong where it is not true any more. */
  scopeOf(tool: string): CacheScope | undefined {
    return this.scopes.get(tool);
  }

  /**
   * Whether calls of all these tools may be sent twice. A tool that no node tells of may not.
   * @param then called once, now if it is known
   */
  ask(tools: readonly string[], then: (repeatable: boolean) => void): void {
    const known = this.knows(tools);
    if (known !== undefined) {
      then(known);
      return;
    }
    this.waiting.push(() => {
      then(this.knows(tools) ?? false);
    });
    this.refresh();
  }

  /** Asks for the list, if nobody does already. */
  refresh(): void {
    if (this.asking) return;
    this.asking = true;
    this.parts.background.run('tool-catalog', () => this.read());
  }

  private async read(): Promise<void> {
    try {
      await this.readFromOne();
    } finally {
      this.asking = false;
      for (const tell of this.waiting.splice(0)) tell();
    }
  }

  private async readFromOne(): Promise<void> {
    const asked: ClusterNode[] = [];
    while (asked.length < NODES_ASKED) {
      // Looked up each time: the node that failed may have left meanwhile.
      const node = this.parts.ready().findLast((one) => !asked.includes(one));
      if (node === undefined) return;
      asked.push(node);
      try {
        const tools = await this.parts.list(node);
        this.repeatable = new Set(tools.filter(({ hints }) => isRepeatableTool(hints)).map(({ name }) => name));
        this.scopes = new Map(tools.flatMap(({ name, cached }) => (cached === undefined ? [] : [[name, cached]])));
        this.readAt = this.parts.clock.monotonic();
        return;
      } catch (error) {
        if (asked.length === NODES_ASKED) throw error;
      }
    }
  }
}
