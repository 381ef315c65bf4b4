import { Background } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { taskOf, taskOriginOf } from '@mcp-cluster/testkit/contracts';
import { expect, it } from 'vitest';
import { MemoryTaskStore, type PutResult } from './task-store.js';
import { TaskWriter } from './task-writer.js';
import type { TaskSnapshot } from './task.js';

/** A store whose writes wait until the test lets each one through. */
class SlowStore extends MemoryTaskStore {
  readonly written: (string | undefined)[] = [];
  readonly waiting: ((result: PutResult | Error) => void)[] = [];

  override async put(task: TaskSnapshot): Promise<PutResult> {
    const { promise, resolve } = Promise.withResolvers<PutResult | Error>();
    this.waiting.push(resolve);
    const result = await promise;
    if (result instanceof Error) throw result;
    this.written.push(task.statusMessage);
    return result;
  }
}

function writing() {
  const clock = new VirtualClock();
  const store = new SlowStore();
  const failures: Error[] = [];
  const said: string[] = [];
  const writer = new TaskWriter({
    store,
    clock,
    background: new Background((_name, error) => failures.push(error)),
    origin: taskOriginOf(),
    fenced: () => said.push('fenced'),
    written: () => said.push('written'),
  });
  const say = (statusMessage: string, status: TaskSnapshot['status'] = 'working'): void => {
    writer.write(taskOf('t', { statusMessage, status }));
  };
  const pass = async (result: PutResult | Error = 'kept'): Promise<void> => {
    await clock.advance(0);
    store.waiting.shift()?.(result);
    await clock.advance(0);
  };
  return { clock, store, writer, say, pass, failures, said };
}

it('S13: states are written one at a time, the newest that waits next, the end last', async () => {
  const { store, writer, say, pass, said } = writing();
  writer.begin(1);
  for (const message of ['1', '2', '3']) say(message);
  await pass();
  expect([store.written, store.waiting.length]).toEqual([['3'], 0]);
  say('4');
  await pass('kept');
  say('5');
  say('6', 'completed');
  await pass();
  expect([store.written, said]).toEqual([['3', '4', '6'], ['written']]);
});

it('S13: what is said while a write is under way is written after it', async () => {
  const { clock, store, writer, say, pass } = writing();
  writer.begin(1);
  say('1');
  await clock.advance(0);
  say('2');
  say('3', 'completed');
  expect(store.waiting).toHaveLength(1);
  await pass();
  await pass();
  expect(store.written).toEqual(['1', '3']);
});

it('S13: what is said before the store has the task waits for that', async () => {
  const { clock, store, writer, say, pass } = writing();
  say('1');
  await clock.advance(5_000);
  expect(store.waiting).toHaveLength(0);
  writer.begin(1);
  await pass();
  expect(store.written).toEqual(['1']);
});

it('experiment 5: a fenced writer says so once and writes nothing more', async () => {
  const { clock, store, writer, say, pass, said } = writing();
  writer.begin(1);
  say('1');
  await clock.advance(0);
  say('2', 'completed');
  await pass('fenced');
  say('3', 'completed');
  await clock.advance(5_000);
  expect([store.waiting.length, said]).toEqual([0, ['fenced']]);
});

it('a write that fails for good is reported, and the next one is made all the same', async () => {
  const { store, writer, say, pass, failures, said } = writing();
  writer.begin(1);
  say('1', 'working');
  await pass(new Error('a bug'));
  say('2', 'completed');
  await pass();
  expect([store.written, failures.map(({ message }) => message), said]).toEqual([['2'], ['a bug'], ['written']]);
});
