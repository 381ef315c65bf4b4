import { PlainCache, type TestNode } from '@mcp-cluster/testkit/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder, nodeWith, resultOf } from './examples.fixture.js';
import { NotesTool } from './notes.tool.js';

async function prepare() {
  const folder = await dataFolder({ 'notes.txt': 'Buy tea\nBuy milk\n' });
  const clock = new VirtualClock();
  const node: TestNode = nodeWith([new NotesTool(folder)], { clock, cache: new PlainCache(clock) });
  const call = (name: string, args: object) => resultOf(node.stateless('tools/call', { name, arguments: args }));
  const find = async (word: string) => (await call('find_notes', { word }))['structuredContent'];
  return { folder, clock, call, find };
}

describe('find_notes and add_note', () => {
  it('finds what is kept, by what matters of the arguments', async () => {
    const { folder, find } = await prepare();
    expect(await find('tea')).toEqual({ notes: ['Buy tea'] });
    await rm(join(folder, 'notes.txt'));
    expect(await find('TEA')).toEqual({ notes: ['Buy tea'] });
  });

  it('finds a note that was added, at once', async () => {
    const { call, find } = await prepare();
    await find('tea');
    await call('add_note', { text: 'Drink tea' });
    expect(await find('tea')).toEqual({ notes: ['Buy tea', 'Drink tea'] });
  });

  it('finds what somebody else has written when a minute is over', async () => {
    const { folder, clock, find } = await prepare();
    await find('tea');
    await writeFile(join(folder, 'notes.txt'), 'no tea\n');
    expect(await find('tea')).toEqual({ notes: ['Buy tea'] });
    await clock.advance(60_000);
    expect(await find('tea')).toEqual({ notes: ['no tea'] });
  });

  it('says why when there is no file', async () => {
    const { folder, call } = await prepare();
    await rm(join(folder, 'notes.txt'));
    expect(await call('find_notes', { word: 'tea' })).toMatchObject({ isError: true });
  });
});
