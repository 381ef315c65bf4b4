import { RecordingContext } from '@mcp-cluster/tools/testing';
import { describe, expect, it } from 'vitest';
import { dataFolder, nodeWith, resultOf } from './examples.fixture.js';
import { SummariseFileTool } from './summarise-file.tool.js';

const summary = { role: 'assistant', model: 'test', content: { type: 'text', text: 'A cat.' } };

describe('summarise_file', () => {
  it.each([
    [9, '(The whole file of notes.txt.)'],
    [20_000, '(The first 16384 of 20000 bytes of notes.txt.)'],
  ])('gives what the model says of %i bytes, and says of how much that is', async (bytes, part) => {
    const tool = new SummariseFileTool(await dataFolder({ 'notes.txt': 'x'.repeat(bytes) }));
    const text = await tool.summariseFile({ file: 'notes.txt' }, new RecordingContext({ summary }));
    expect(text).toBe(`A cat.\n\n${part}`);
  });

  it('asks for the beginning of the file', async () => {
    const node = nodeWith(new SummariseFileTool(await dataFolder({ 'notes.txt': 'The cat sat.' })));
    const call = { name: 'summarise_file', arguments: { file: 'notes.txt' } };
    const result = await resultOf(node.stateless('tools/call', call, { capabilities: { sampling: {} } }));
    expect(result).toMatchObject({
      resultType: 'input_required',
      inputRequests: {
        summary: { params: { messages: [{ content: { text: 'Summarise in three sentences:\n\nThe cat sat.' } }] } },
      },
    });
  });

  it('refuses what is no text', async () => {
    const image = { ...summary, content: { type: 'image', data: '', mimeType: 'image/png' } };
    const tool = new SummariseFileTool(await dataFolder({ 'notes.txt': 'x' }));
    const context = new RecordingContext({ summary: image });
    await expect(tool.summariseFile({ file: 'notes.txt' }, context)).rejects.toThrow('expected a text');
  });
});
