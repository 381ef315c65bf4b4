import { registerHooks } from 'node:module';
import { parentPort } from 'node:worker_threads';
import type { StoreAsk, StoreOrder, StoreReply } from '../store/store-request.js';

export interface WorkerQuestion {
  readonly number: number;
  readonly order: StoreOrder;
  readonly ask: StoreAsk<StoreOrder>;
}

export interface WorkerAnswer {
  readonly number: number;
  readonly reply: StoreReply<StoreOrder>;
}

if (import.meta.url.endsWith('.ts')) {
  // Run from its sources, as the tests do: what they import by its name after the build lies beside them with another.
  registerHooks({
    resolve: (name, context, next) => next(name.startsWith('.') ? name.replace(/\.js$/, '.ts') : name, context),
  });
}

const { StoreServer } = await import('../store/store-server.js');
const server = new StoreServer();

parentPort?.on('message', ({ number, order, ask }: WorkerQuestion) => {
  const reply = server.answer(order, ask);
  const answer: WorkerAnswer = { number, reply };
  const bytes = 'answer' in reply && reply.answer instanceof Uint8Array ? reply.answer : undefined;
  parentPort?.postMessage(answer, bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]);
});
