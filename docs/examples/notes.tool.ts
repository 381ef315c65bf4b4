import { structured, Tool, ToolError, type ToolContext } from '@mcp-cluster/tools';
import { DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf } from './data-file.js';

const FILE = 'notes.txt';
const wanted = z.object({ word: z.string().min(1).max(100).describe('A word that the notes have in them.') });
const found = z.object({ notes: z.array(z.string()) });
const written = z.object({
  text: z
    .string()
    .min(1)
    .max(1_000)
    .regex(/^[^\n]*$/, 'expected one line'),
});

@Injectable()
export class NotesTool {
  constructor(@Inject(DATA_DIR) private readonly dataDir: string) {}

  // #region cached
  @Tool({
    name: 'find_notes',
    description: 'Finds the notes that have a word in them.',
    input: wanted,
    output: found,
    annotations: { readOnlyHint: true, openWorldHint: false }, // a call that is answered from the cache does not run
    cache: {
      scope: 'public', // the notes are the same for everybody; `private` keeps one result a principal
      ttlMs: 60_000,
      key: ({ word }) => word.toLowerCase(), // what of the arguments matters: "Tea" and "tea" find the same
      tags: ['notes'],
      staleIfErrorMs: 600_000, // an old answer is better than none while the file cannot be read
    },
  })
  async findNotes({ word }: z.output<typeof wanted>) {
    const text = await readFile(join(this.dataDir, FILE), 'utf8').catch((cause: unknown) => {
      throw new ToolError(`the notes cannot be read: ${reasonOf(cause)}`, { cause });
    });
    const notes = text.split('\n').filter((note) => note.toLowerCase().includes(word.toLowerCase()));
    return structured({ notes }, notes.join('\n'));
  }
  // #endregion

  // #region forgets
  @Tool({
    name: 'add_note',
    description: 'Adds a note.',
    input: written,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  })
  async addNote({ text }: z.output<typeof written>, context: ToolContext): Promise<string> {
    await appendFile(join(this.dataDir, FILE), `${text}\n`);
    await context.forget(['notes']); // on every node, before the client hears that its note is there
    return 'Added.';
  }
  // #endregion
}
