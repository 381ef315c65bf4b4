import type { Exchange } from '../exchange/exchange.js';
import { invalidParams, preview } from '../wire/errors.js';
import { isObject } from '../wire/message.js';
import { knowsTasks, taskMembers, tasksNotDeclared } from './task.js';
import type { Tasks } from './tasks.js';

/** `tasks/get`: the state of a task, with what the client needs for it. */
export async function getTask(tasks: Tasks, exchange: Exchange): Promise<void> {
  requireTasks(exchange);
  exchange.completeMembers(taskMembers(await tasks.get(exchange.request.params['taskId'], exchange.principal)));
}

/** `tasks/update`: answers to a task's questions. */
export async function updateTask(tasks: Tasks, exchange: Exchange): Promise<void> {
  requireTasks(exchange);
  const { taskId, inputResponses } = exchange.request.params;
  if (!isObject(inputResponses))
    throw invalidParams(
      `inputResponses: expected an object of answers by the keys of the questions, got ${preview(inputResponses)}`,
    );
  await tasks.answer(taskId, exchange.principal, inputResponses);
  exchange.completeMembers('');
}

/** `tasks/cancel` */
export async function cancelTask(tasks: Tasks, exchange: Exchange): Promise<void> {
  requireTasks(exchange);
  await tasks.cancel(exchange.request.params['taskId'], exchange.principal);
  exchange.completeMembers('');
}

function requireTasks(exchange: Exchange): void {
  if (!knowsTasks(exchange.peer.capabilities)) throw tasksNotDeclared();
}
