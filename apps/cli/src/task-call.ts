import { ProtocolError, type CallToolResult, type Tool } from '@modelcontextprotocol/client';
import {
  createTaskSessionFromClient,
  DispatchError,
  type ApplicationInputRequest,
  type CreateTaskSessionFromClientOptions,
  type JsonRpcResponse,
  type RawClientDispatch,
  type TaskEnabledSession,
  type TaskOutcome,
  type ToolExecution,
} from '@modelcontextprotocol/ext-tasks/client';
import type { JsonValue } from '@modelcontextprotocol/ext-tasks/core';
import { asError, Background, LocalError } from '@mcp-cluster/kernel';
import { TASKS_EXTENSION, type Connection } from './connection.js';
import { InterruptedError, type FollowedRequest, type RequestWatch } from './followed-request.js';
import type { Question } from './question-desk.js';
import type { Session } from './session.js';
import { taskText } from './task.view.js';
import type { TaskResults } from './task-results.js';

/** Rounds of questions in one call: a person who has answered as many will not go on for ever. */
const MAX_INPUT_ROUNDS = 100;

/** Whether calls of this connection may become tasks. */
export function takesTasks({ client, taskResults }: Connection): boolean {
  const served = client.getServerCapabilities()?.extensions?.[TASKS_EXTENSION] !== undefined;
  return taskResults !== undefined && client.getProtocolEra() === 'modern' && served;
}

/**
 * Calls a tool and follows the task that it becomes, if it becomes one: polls as the server says, asks what the task
 * asks, cancels it on Ctrl-C.
 * @throws InterruptedError, NobodyToAskError, or how the task failed
 */
export async function callFollowingTask(
  session: Session,
  tool: Tool,
  args: Record<string, unknown>,
  request: FollowedRequest,
): Promise<CallToolResult> {
  const asking = new TaskQuestions(session);
  const tasks = openTasks(session, request, asking);
  try {
    const execution = await begin(tasks, tool, args, session.signal);
    const background = new Background((_, error) => {
      request.say(`not cancelled: ${error.message}`);
    });
    const cancel = (): void => {
      request.say('cancelling');
      background.run('cancel a task', () => execution.cancel());
    };
    const unbind = [onAbort(session.signal, cancel), onAbort(asking.failed, cancel)];
    try {
      const { outcome } = await execution.settle({
        onEvent: (event) => {
          if (event.type === 'task') request.taskState(taskText(event.task));
        },
      });
      return resultOf(outcome, session.signal, asking.failed);
    } finally {
      for (const release of unbind) release();
      await background.drain();
    }
  } finally {
    await tasks.close();
  }
}

/** Ctrl-C before the answer stops the call itself; a task that is created all the same is cancelled by the session. */
async function begin(
  tasks: TaskEnabledSession,
  tool: Tool,
  args: Record<string, unknown>,
  signal: AbortSignal,
): Promise<ToolExecution<unknown>> {
  const untilAnswered = new AbortController();
  const release = onAbort(signal, () => {
    untilAnswered.abort(signal.reason);
  });
  try {
    return await tasks.callTool(tool.name, args as Record<string, JsonValue>, { signal: untilAnswered.signal });
  } finally {
    // The signal would end the waiting for the task, but not the task.
    release();
  }
}

function resultOf(outcome: TaskOutcome<unknown>, interrupted: AbortSignal, failed: AbortSignal): CallToolResult {
  switch (outcome.status) {
    case 'completed': {
      const { resultType: _, ...result } = outcome.result as CallToolResult & { resultType?: string };
      return result;
    }
    case 'failed':
      throw outcome.error;
    case 'cancelled':
      if (failed.aborted) throw asError(failed.reason);
      if (interrupted.aborted) throw new InterruptedError('interrupted: the task was cancelled');
      throw new LocalError('cli.task_cancelled', 'the task was cancelled by the server');
  }
}

/** What a task asks goes to the person; without one the task is in vain. */
class TaskQuestions {
  private readonly failure = new AbortController();

  constructor(private readonly session: Session) {}

  /** Aborted when a question could not be asked; the reason says why. */
  get failed(): AbortSignal {
    return this.failure.signal;
  }

  readonly handle: NonNullable<CreateTaskSessionFromClientOptions['onInputRequest']> = async (request, { signal }) => {
    try {
      return (await this.session.desk.ask(questionIn(request), signal)) as never;
    } catch (thrown) {
      // A question that went because its task ended is no failure of its own.
      if (signal?.aborted !== true) this.failure.abort(thrown);
      throw thrown;
    }
  };
}

function questionIn(request: ApplicationInputRequest): Question {
  // Only elicitation is declared; a server that wants more than that gets nowhere with this client.
  if (request.kind !== 'elicitation')
    throw new LocalError('cli.cannot_answer', `the tool asks for ${request.kind}, which this client does not give`);
  const { message, mode, requestedSchema } = request.params;
  return { message: typeof message === 'string' ? message : 'no text', mode, requestedSchema };
}

function openTasks(session: Session, request: FollowedRequest, asking: TaskQuestions): TaskEnabledSession {
  const { connection, options } = session;
  const { client, clientInfo, capabilities, taskResults } = connection;
  if (taskResults === undefined) throw new LocalError('cli.no_tasks', 'the connection was made without tasks');
  return createTaskSessionFromClient(client, {
    endpointId: options.command?.join(' ') ?? options.url,
    rawDispatch: dispatchThrough(client, taskResults, request.watch),
    v2RequestFraming: {
      protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
      clientInfo,
      clientCapabilities: capabilities as Readonly<Record<string, JsonValue>>,
    },
    // The list was read to find the tool; without this it would be read once more.
    tools: { currentTool: () => undefined },
    onInputRequest: asking.handle,
    onError: () => {
      // A question that failed is told with the end of the call (`TaskQuestions.failed`).
    },
    maxInputRounds: MAX_INPUT_ROUNDS,
  });
}

/** The SDK's client sends everything, so that headers, progress and time-outs are as in any other call. */
function dispatchThrough(client: Connection['client'], results: TaskResults, watch: RequestWatch): RawClientDispatch {
  return async (message, { signal } = {}): Promise<JsonRpcResponse> => {
    const { method, params } = message as { method: string; params: Record<string, unknown> };
    const options = { ...watch, ...(signal && { signal }) };
    try {
      const result =
        method === 'tools/call'
          ? await client.callTool(params as { name: string }, options)
          : await client.request({ method, params }, anyResult, options);
      return { kind: 'result', result: { ...(result as Record<string, JsonValue>), resultType: 'complete' } };
    } catch (thrown) {
      const task = results.in(thrown);
      if (task !== undefined) return { kind: 'result', result: task };
      if (thrown instanceof ProtocolError) {
        const { code, message: text, data } = thrown;
        return {
          kind: 'error',
          error: { code, message: text, ...(data !== undefined && { data: data as JsonValue }) },
        };
      }
      // A lost connection must not lose the task: asking for its state may be repeated.
      const { message: text } = asError(thrown);
      throw new DispatchError(text, method === 'tasks/get', { cause: thrown });
    }
  };
}

/** The results of `tasks/*` are checked by the tasks session. */
const anyResult = {
  '~standard': {
    version: 1,
    vendor: 'mcp-cluster',
    validate: (value: unknown) => ({ value: value as Record<string, unknown> }),
  },
} as const;

function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
  return () => {
    signal.removeEventListener('abort', act);
  };
}
