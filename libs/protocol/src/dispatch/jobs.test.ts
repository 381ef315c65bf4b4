import { sleep } from '@mcp-cluster/kernel';
import { TestNode, testTool } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ANONYMOUS } from '../exchange/context.js';
import { ToolError } from '../wire/errors.js';

const FORM = { message: 'Your name?', requestedSchema: { type: 'object' as const, properties: {} } };

function jobs() {
  const node = new TestNode();
  node.registry.tool({
    ...testTool('count', async (args, context) => {
      for (let step = 1; step <= Number(args['to']); step += 1) {
        await sleep(node.clock, 1_000, context.signal);
        context.progress(step, Number(args['to']), `counted ${String(step)}`);
      }
      return `counted to ${String(args['to'])}`;
    }),
    input: z.object({ to: z.int().min(1).max(10) }),
  });
  node.registry.tool(testTool('ask', async (_args, context) => (await context.elicit('name', FORM)).action));
  node.registry.tool(testTool('broken', () => ({ content: 'no array' })));
  const start = (tool: string, args = {}) => node.dispatcher.jobs.start(tool, args, ANONYMOUS, 'request-1');
  const status = (id: string) => node.dispatcher.jobs.status(id, ANONYMOUS);
  return { node, start, status };
}

describe('a job', () => {
  it('S13: is there at once, tells how it goes, and keeps its result', async () => {
    const { node, start, status } = jobs();
    const { taskId, status: first } = await start('count', { to: 3 });
    expect(first).toBe('working');
    await node.clock.advance(2_500);
    expect(await status(taskId)).toMatchObject({ status: 'working', statusMessage: 'counted 2' });
    await node.clock.advance(500);
    const done = await status(taskId);
    expect(done.status).toBe('completed');
    expect(JSON.parse(done.resultJson ?? '')).toMatchObject({ content: [{ text: 'counted to 3' }] });
    // The call of start_job is counted by itself; the job is counted as a task.
    expect(node.endedTasks).toMatchObject([{ tool: 'count', status: 'completed' }]);
    expect(node.ended).toEqual([]);
  });

  it('S13: is the same as a task: tasks/get finds it', async () => {
    const { node, start } = jobs();
    const { taskId } = await start('count', { to: 3 });
    const capabilities = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
    const { reply } = node.stateless('tasks/get', { taskId }, { capabilities });
    await node.clock.advance(0);
    expect(reply.answer?.result).toMatchObject({ taskId, status: 'working' });
  });

  it('S16: stops when it is cancelled', async () => {
    const { node, start, status } = jobs();
    const { taskId } = await start('count', { to: 3 });
    await node.dispatcher.jobs.cancel(taskId, ANONYMOUS);
    expect(await status(taskId)).toMatchObject({ status: 'cancelled' });
    await node.clock.advance(5_000);
    expect(await status(taskId)).toMatchObject({ status: 'cancelled' });
  });

  it('S13: cannot ask anybody, and says so', async () => {
    const { node, start, status } = jobs();
    const { taskId } = await start('ask');
    await node.clock.advance(0);
    const { status: end, statusMessage } = await status(taskId);
    expect([end, statusMessage]).toEqual(['failed', expect.stringContaining('elicitation')]);
  });

  it('S13: that breaks ends as failed, and nothing else breaks', async () => {
    const { node, start, status } = jobs();
    const { taskId } = await start('broken');
    await node.clock.advance(0);
    expect(await status(taskId)).toMatchObject({ status: 'failed', error: { code: -32603 } });
    expect(node.failures).toEqual([]);
  });

  it.each([
    ['nothing', {}, 'tool: expected the name of a tool of this server, got "nothing"'],
    ['count', {}, 'arguments.to'],
    ['count', { to: 11 }, 'arguments.to'],
  ])('S13: of %s with %j is refused before it begins', async (tool, args, message) => {
    const { node, start } = jobs();
    await expect(start(tool, args)).rejects.toBeInstanceOf(ToolError);
    await expect(start(tool, args)).rejects.toThrow(message);
    expect(node.dispatcher.tasks.size).toBe(0);
  });

  it("S13: is nobody else's", async () => {
    const { node, start } = jobs();
    const { taskId } = await start('count', { to: 3 });
    const other = { issuer: 'https://issuer', subject: 'other' };
    await expect(node.dispatcher.jobs.status(taskId, other)).rejects.toThrow('no such task');
    await expect(node.dispatcher.jobs.cancel(taskId, other)).rejects.toThrow('no such task');
  });
});
