import { Registry } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { collectDefinitions } from '@mcp-cluster/tools';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ServedFolders } from '../files/served-folders.js';
import { DataResource } from './data.resource.js';

const DATA = fileURLToPath(new URL('../../../../data/', import.meta.url));

async function read(uri: string, summaryBytes = 1_048_576) {
  const resource = new DataResource(new ServedFolders(DATA, join(DATA, 'logs'), new VirtualClock()), summaryBytes);
  const registry = new Registry();
  for (const collected of collectDefinitions(resource))
    if (collected.kind === 'resourceTemplate') registry.resourceTemplate(collected.definition);
  const located = registry.locate(uri);
  if (located?.kind !== 'template') throw new Error(`nothing at ${uri}`);
  const result = await located.resource.definition.handler(located.variables, new RecordingContext(), uri);
  return (result as { contents: { uri: string; mimeType: string; text: string }[] }).contents;
}

describe('data://{file}', () => {
  it('S12: gives a data file whole, with its type', async () => {
    const text = await readFile(join(DATA, 'measurements.csv'), 'utf8');
    expect(await read('data://measurements.csv')).toEqual([
      { uri: 'data://measurements.csv', mimeType: 'text/csv', text },
    ]);
    expect(await read('data://README.md')).toMatchObject([{ mimeType: 'text/markdown' }]);
  });

  it('S12: gives a large one as a summary with its header, the next 20 lines and links', async () => {
    const text = await readFile(join(DATA, 'measurements.csv'), 'utf8');
    const [summary, links] = await read('data://measurements.csv', 2_048);
    const lines = text.split('\n');
    expect(summary!.text.split('\n')).toEqual([
      'measurements.csv: 15,599 bytes, 541 lines. Files above 2,048 bytes are summarised.',
      'data://measurements.csv?bytes=START-END gives the bytes from START to END, at most 2,048; links to all 8 parts follow.',
      expect.stringMatching(/^Longest line: \d+ bytes \(line \d+\)$/),
      'First line (the header of a table): date,station,category,value',
      '',
      'The next 20 lines:',
      ...lines.slice(1, 21),
    ]);
    expect(JSON.parse(links!.text)).toHaveLength(8);
    expect(await read('data://measurements.csv?bytes=0-3')).toEqual([
      { uri: 'data://measurements.csv?bytes=0-3', mimeType: 'text/csv', text: 'date' },
    ]);
  });

  it.each(['logs%2Fcluster.log', 'generate-logs.mjs', '%2e%2e%2fpackage.json', 'logs'])(
    'O2: does not give %s',
    async (reference) => {
      await expect(read(`data://${reference}`)).rejects.toThrow(
        'Invalid params: file: expected a file below the data folder that ends in .csv',
      );
    },
  );

  it('S12: says that a file is not there', async () => {
    await expect(read('data://gone.csv')).rejects.toThrow('Resource not found: "data://gone.csv"');
  });
});
