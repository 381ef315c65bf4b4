import { PassThrough, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { seededRng } from '@mcp-cluster/kernel';
import type { NotificationKind } from '@mcp-cluster/protocol';
import { testTool, TestNode, type WireMessage } from '@mcp-cluster/testkit/protocol';
import { envelope } from '@mcp-cluster/testkit/http';
import { describe, expect, it } from 'vitest';
import { LineOutput, MAX_WAITING_CHANGES, OUTPUT_BUDGET_BYTES } from './line-output.js';
import { StdioTransport } from './stdio-transport.js';

/** A reader that takes a line when it is told to. */
class SlowReader extends Writable {
  readonly lines: string[] = [];
  private taken: (() => void) | undefined;
  private reading = false;

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(chunk: string, _encoding: string, taken: () => void): void {
    const take = (): void => {
      this.lines.push(chunk.trimEnd());
      taken();
    };
    if (this.reading) take();
    else this.taken = take;
  }

  /** Takes everything from now on. */
  read(): void {
    this.reading = true;
    this.taken?.();
  }
}

function open() {
  const reader = new SlowReader();
  const dropped: NotificationKind[] = [];
  const output = new LineOutput(reader, (kind) => dropped.push(kind));
  const filling = 'x'.repeat(OUTPUT_BUDGET_BYTES);
  return { reader, dropped, output, filling };
}

describe('a reader that does not read', () => {
  it('S20: is kept so many different changes, the latest ones', async () => {
    const { reader, dropped, output, filling } = open();
    output.write(filling);
    for (let n = 0; n < MAX_WAITING_CHANGES + 2; n += 1) output.notify(`changed ${String(n)}`, 'change', {});
    const drained = output.drained();
    reader.read();
    await drained;
    expect(reader.lines).toHaveLength(1 + MAX_WAITING_CHANGES);
    expect(reader.lines[1]).toBe('changed 2');
    expect(dropped).toEqual(['change', 'change']);
  });

  it('S20: is kept the latest progress of each call, what it must hear of, and no log messages', async () => {
    const { reader, dropped, output, filling } = open();
    const [one, other] = [{}, {}];
    output.write(filling);
    for (const step of ['1', '2', '3']) output.notify(`one ${step}`, 'progress', one);
    output.notify('other', 'progress', other);
    for (let n = 0; n < 100; n += 1) output.notify('changed', 'change', {});
    output.notify('said', 'log', one);
    output.notify('asked', 'ask', one);
    expect(reader.writableLength).toBe(filling.length + 'asked\n\n'.length);
    const drained = output.drained();
    reader.read();
    await drained;
    expect(reader.lines).toEqual([filling, 'asked', 'changed', 'one 3', 'other']);
    expect(dropped).toEqual(['progress', 'progress', 'log']);
  });

  it('S03, S06, S20: gets progress before the answer, and none after it or after a cancellation', async () => {
    const { reader, output, filling } = open();
    const [one, other] = [{}, {}];
    output.write(filling);
    output.notify('one', 'progress', one);
    output.notify('other', 'progress', other);
    output.answer('answer', one);
    output.forget(other);
    const drained = output.drained();
    reader.read();
    await drained;
    expect(reader.lines).toEqual([filling, 'one', 'answer']);
  });

  it('S03, S20: gets no older progress after a newer one that found room', () => {
    const { reader, dropped, output, filling } = open();
    const one = {};
    output.write(filling);
    output.notify('1', 'progress', one);
    reader.read();
    output.notify('2', 'progress', one);
    expect([reader.lines.slice(1), dropped]).toEqual([['1', '2'], []]);
  });

  it('S20: that goes away makes nobody wait', async () => {
    const { reader, output, filling } = open();
    output.write(filling);
    const drained = output.drained();
    reader.destroy();
    await drained;
    expect(output.full).toBe(false);
    await output.drained();
  });
});

describe('stdio', () => {
  const SIZE = 64 * 1024;
  const big = testTool('big', () => 'x'.repeat(SIZE));
  const call = (id: number) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 'big', arguments: {}, _meta: envelope() },
  });

  it('S01, S20: while its answers are not read, no further request is; then every one is answered', async () => {
    const node = new TestNode();
    node.registry.tool(big);
    const input = new PassThrough();
    const output = new SlowReader();
    const running = new StdioTransport({ dispatcher: node.dispatcher, rng: seededRng(3), input, output }).run();
    const count = 200;
    input.end(Array.from({ length: count }, (_, id) => `${JSON.stringify(call(id))}\n`).join(''));
    let peak = 0;
    for (let turns = 0; turns < 50; turns += 1) {
      await turn();
      peak = Math.max(peak, output.writableLength);
    }
    expect(peak).toBeGreaterThanOrEqual(OUTPUT_BUDGET_BYTES);
    expect(peak).toBeLessThan(OUTPUT_BUDGET_BYTES + 2 * SIZE);
    expect(node.ended.length).toBeLessThan(10);
    output.read();
    await running;
    const ids = output.lines.map((line) => (JSON.parse(line) as WireMessage).id);
    expect(ids).toEqual(Array.from({ length: count }, (_, id) => id));
  });

  it('S01, S20: a tool that says much to a reader that does not read costs bounded memory and loses no answer', async () => {
    const node = new TestNode();
    const dropped: NotificationKind[] = [];
    const talking = testTool(
      'talking',
      async (_args, context) => {
        for (let step = 1; step <= 500; step += 1) {
          context.progress(step, 500, 'x'.repeat(8 * 1024));
          context.log('info', 'y'.repeat(8 * 1024));
          peak = Math.max(peak, output.writableLength);
          await context.breathe();
        }
        return 'done';
      },
      { progressIntervalMs: 0 },
    );
    node.registry.tool(talking);
    let peak = 0;
    const input = new PassThrough();
    const output = new SlowReader();
    const onDropped = (kind: NotificationKind): unknown => dropped.push(kind);
    const options = { dispatcher: node.dispatcher, rng: seededRng(3), input, output, onDropped };
    const running = new StdioTransport(options).run();
    const meta = envelope({ progressToken: 't', 'io.modelcontextprotocol/logLevel': 'info' });
    const params = { name: 'talking', arguments: {}, _meta: meta };
    input.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })}\n`);
    while (node.ended.length === 0) await turn();
    expect(peak).toBeLessThan(OUTPUT_BUDGET_BYTES + 32 * 1024);
    output.read();
    input.end();
    await running;
    const messages = output.lines.map((line) => JSON.parse(line) as WireMessage);
    const steps = messages.flatMap(({ params: sent }) => (sent?.['progress'] === undefined ? [] : [sent['progress']]));
    expect(steps).toEqual(steps.toSorted((a, b) => Number(a) - Number(b)));
    expect(steps.at(-1)).toBe(500);
    expect(messages.at(-1)).toMatchObject({ id: 1, result: { content: [{ text: 'done' }] } });
    expect(new Set(dropped)).toEqual(new Set(['progress', 'log']));
  });
});
