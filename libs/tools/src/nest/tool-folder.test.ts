import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { declare } from '../declarations.js';
import { loadToolFolder } from './tool-folder.js';

/** What a compiled tool file comes to, without a compiler: the decorator's work by hand, under its registered symbol. */
function toolFile(className: string, constructorParameters = ''): string {
  return `
    export class ${className} { constructor(${constructorParameters}) {} run() {} }
    Object.defineProperty(${className}.prototype, Symbol.for('mcp-cluster.tools.declarations'), {
      value: new Map([['run', { kind: 'tool', options: {} }]]),
    });`;
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tools-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function put(files: Record<string, string>): Promise<URL> {
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const [name, source] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), source);
  }
  return pathToFileURL(folder);
}

describe('loadToolFolder', () => {
  it('finds tools, resources and prompts at any depth, in the order of their names, and nothing else', async () => {
    const url = await put({
      'b.tool.js': toolFile('B'),
      'a.resource.js': toolFile('A'),
      'deep/with space/c.prompt.js': toolFile('C'),
      'a.tool.test.js': 'throw new Error("imported a test")',
      'a.tool.d.ts': 'throw new Error("imported a declaration")',
      'plain.js': 'throw new Error("imported a plain file")',
    });
    const found = await loadToolFolder(url);
    expect(found.map(({ type, file }) => `${type.name} ${file}`)).toEqual([
      'A a.resource.js',
      'B b.tool.js',
      'C deep/with space/c.prompt.js',
    ]);
  });

  it('agrees with the decorators about where declarations are kept', () => {
    class Kept {
      run = 1;
    }
    declare(Kept.prototype, 'run', { kind: 'tool', options: {} as never });
    expect(Object.getOwnPropertySymbols(Kept.prototype)).toEqual([Symbol.for('mcp-cluster.tools.declarations')]);
  });

  it.each([
    ['a file without a decorated class', { 'x.tool.js': 'export class Plain {}' }, 'x.tool.js: exports no class'],
    [
      'a file that does not load',
      { 'x.tool.js': 'throw new Error("boom")' },
      'x.tool.js: cannot be imported: Error: boom',
    ],
    [
      'a constructor that DI cannot fill',
      { 'x.tool.js': toolFile('X', 'clock') },
      'x.tool.js: X takes 1 constructor parameters',
    ],
    ['a folder without tools', { 'x.js': '' }, 'has no file named'],
  ])('names the file of %s', async (_what, files, message) => {
    await expect(loadToolFolder(await put(files))).rejects.toThrow(message);
  });

  it('names a folder that is not there', async () => {
    const missing = pathToFileURL(join(folder, 'missing'));
    await expect(loadToolFolder(missing)).rejects.toThrow(`${missing.pathname} cannot be read`);
  });
});
