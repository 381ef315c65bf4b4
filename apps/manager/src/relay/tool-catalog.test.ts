import { Background, LocalError } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { ClusterNode } from '../membership/cluster-node.js';
import { ToolCatalog } from './tool-catalog.js';
import type { ListedTool } from './tool-list.request.js';

const link = { dispatch: () => undefined, sever: () => undefined, close: () => undefined };
const nodeOf = (id: string): ClusterNode => new ClusterNode({ key: id, id, origin: '', managementOrigin: '' }, link);

class Scene {
  readonly clock = new VirtualClock();
  readonly asked: string[] = [];
  readonly failures: string[] = [];
  nodes = [nodeOf('a'), nodeOf('b')];
  answers: Record<string, readonly ListedTool[] | undefined> = {};
  readonly catalog = new ToolCatalog({
    list: (node) => {
      this.asked.push(node.id);
      const tools = this.answers[node.id];
      return tools === undefined ? Promise.reject(new LocalError('dead', 'it is dead')) : Promise.resolve(tools);
    },
    ready: () => this.nodes,
    clock: this.clock,
    background: new Background((name) => this.failures.push(name)),
  });

  async ask(...tools: string[]): Promise<boolean> {
    let said: boolean | undefined;
    this.catalog.ask(tools, (repeatable) => (said = repeatable));
    await this.clock.advance(0);
    if (said === undefined) throw new LocalError('no_word', 'the catalog said nothing');
    return said;
  }
}

const tools: ListedTool[] = [
  { name: 'read', hints: { readOnlyHint: true }, cached: 'public' },
  { name: 'put', hints: { idempotentHint: true, readOnlyHint: false }, cached: undefined },
  { name: 'write', hints: { readOnlyHint: false }, cached: undefined },
  { name: 'plain', hints: undefined, cached: 'private' },
];

describe('which tools may be called twice', () => {
  it('knows by their annotations; what no node tells of may not', async () => {
    const scene = new Scene();
    scene.answers = { a: tools, b: tools };
    expect(await scene.ask('read')).toBe(true);
    expect(await scene.ask('read', 'put')).toBe(true);
    expect(await scene.ask('write')).toBe(false);
    expect(await scene.ask('put', 'plain')).toBe(false);
    expect(await scene.ask('made_up')).toBe(false);
    expect(scene.asked).toHaveLength(1);
  });

  it('a request without calls needs no list', async () => {
    const scene = new Scene();
    expect(await scene.ask()).toBe(true);
    expect(scene.asked).toEqual([]);
  });

  it('knows at once what it asked when a node joined, and asks again after five minutes', async () => {
    const scene = new Scene();
    scene.answers = { a: tools, b: tools };
    scene.catalog.refresh();
    await scene.clock.advance(0);
    expect(scene.catalog.knows(['read'])).toBe(true);
    await scene.clock.advance(5 * 60_000);
    expect(scene.catalog.knows(['read'])).toBeUndefined();
    expect(await scene.ask('read')).toBe(true);
    expect(scene.asked).toHaveLength(2);
  });

  it('two hundred calls that lost their node ask once', async () => {
    const scene = new Scene();
    scene.answers = { a: tools, b: tools };
    const said: boolean[] = [];
    for (let call = 0; call < 200; call += 1) scene.catalog.ask(['read'], (repeatable) => said.push(repeatable));
    await scene.clock.advance(0);
    expect(said).toEqual(Array.from({ length: 200 }, () => true));
    expect(scene.asked).toHaveLength(1);
  });

  it('asks one other node when the first fails, and no third', async () => {
    const scene = new Scene();
    scene.answers = { a: tools };
    expect(await scene.ask('read')).toBe(true);
    expect(scene.asked).toEqual(['b', 'a']);

    const dead = new Scene();
    dead.nodes = ['a', 'b', 'c'].map(nodeOf);
    expect(await dead.ask('read')).toBe(false);
    expect(dead.asked).toHaveLength(2);
    expect(dead.failures).toEqual(['tool-catalog']);
    // The next one to ask is not stuck behind the failure.
    dead.answers = { a: tools, b: tools, c: tools };
    expect(await dead.ask('read')).toBe(true);
  });

  it('without a node nothing may be sent twice', async () => {
    const scene = new Scene();
    scene.nodes = [];
    expect(await scene.ask('read')).toBe(false);
  });
});

describe('P06: of which tools results are kept', () => {
  it('P06: of none until a list was read, and of those of the last one however old it is', async () => {
    const scene = new Scene();
    scene.answers = { a: tools, b: tools };
    const known = (): unknown[] => ['read', 'put', 'plain', 'made_up'].map((tool) => scene.catalog.scopeOf(tool));
    expect(known()).toEqual([undefined, undefined, undefined, undefined]);
    scene.catalog.refresh();
    await scene.clock.advance(0);
    expect(known()).toEqual(['public', undefined, 'private', undefined]);
    await scene.clock.advance(60 * 60_000);
    scene.answers = {};
    scene.catalog.refresh();
    await scene.clock.advance(0);
    expect(known()).toEqual(['public', undefined, 'private', undefined]);
    scene.answers = { a: [], b: [] };
    scene.catalog.refresh();
    await scene.clock.advance(0);
    expect(known()).toEqual([undefined, undefined, undefined, undefined]);
  });
});
