import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeleteFileTool } from './delete-file.tool.js';
import { answerInSession, dataFolder, ended, nodeWith, resultOf } from './examples.fixture.js';

const CALL = { name: 'delete_file', arguments: { file: 'notes.txt' } };
const CAN_ASK = { capabilities: { elicitation: {} } };
const YES = { action: 'accept', content: { confirm: true } };

async function prepare() {
  const folder = await dataFolder({ 'notes.txt': 'hello' });
  const node = nodeWith(new DeleteFileTool(folder));
  /** A call of 2026-07-28, and its questions. */
  const call = async (more = {}) => {
    const result = await resultOf(node.stateless('tools/call', { ...CALL, ...more }, CAN_ASK));
    return { result, questions: (result['inputRequests'] ?? {}) as Record<string, { params: { message: string } }> };
  };
  /** The same call with an answer to its one question. */
  const callAgain = async ({ result, questions }: Awaited<ReturnType<typeof call>>, answer: object) => {
    const [key = ''] = Object.keys(questions);
    return call({ inputResponses: { [key]: answer }, requestState: result['requestState'] });
  };
  return { folder, node, call, callAgain };
}

describe('delete_file', () => {
  it('2026-07-28: asks by ending the call, and deletes when the call comes again with a yes', async () => {
    const { folder, call, callAgain } = await prepare();
    const first = await call();
    expect(first.result['resultType']).toBe('input_required');
    expect(Object.values(first.questions).map(({ params }) => params.message)).toEqual(['Delete notes.txt (5 bytes)?']);
    expect(await readdir(folder)).toEqual(['notes.txt']);
    expect((await callAgain(first, YES)).result).toMatchObject({ structuredContent: { deleted: true } });
    expect(await readdir(folder)).toEqual([]);
  });

  it('2026-07-28: asks again when the file is no longer the one that the user was asked about', async () => {
    const { folder, call, callAgain } = await prepare();
    const first = await call();
    await appendFile(join(folder, 'notes.txt'), ', and more');
    const second = await callAgain(first, YES);
    expect(Object.values(second.questions).map(({ params }) => params.message)).toEqual([
      'Delete notes.txt (15 bytes)?',
    ]);
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  it.each([{ action: 'decline' }, { action: 'cancel' }, { action: 'accept', content: { confirm: false } }])(
    'keeps the file after %j, which is no error',
    async (answer) => {
      const { folder, call, callAgain } = await prepare();
      const { result } = await callAgain(await call(), answer);
      expect(result).toMatchObject({ structuredContent: { deleted: false } });
      expect(result['isError']).toBeUndefined();
      expect(await readdir(folder)).toEqual(['notes.txt']);
    },
  );

  it('2025: asks on the stream of the call, which goes on with the answer', async () => {
    const { folder, node } = await prepare();
    const session = node.session('2025-11-25', CAN_ASK.capabilities);
    const sent = node.inSession(session, 'tools/call', CALL);
    await answerInSession(node, session, sent, YES);
    expect(await resultOf(sent)).toMatchObject({ structuredContent: { deleted: true } });
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a client that cannot ask before it looks at the file', async () => {
    const { node } = await prepare();
    const { answer } = await ended(node.stateless('tools/call', CALL));
    expect(answer?.error).toMatchObject({ code: -32_021, data: { requiredCapabilities: { elicitation: {} } } });
    const old = await resultOf(node.inSession(node.session(), 'tools/call', CALL));
    expect(old['isError']).toBe(true);
  });
});
