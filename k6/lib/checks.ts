import { check } from 'k6';
import { answerKind, messagesOf, type AnswerKind, type Message, type Result } from './json-rpc.ts';
import type { Answer } from './mcp.ts';

/** That an answer is one JSON-RPC result with the request's id, last of what came, in the expected form. */
export function checkResult(what: string, answer: Answer, id: number, kind: AnswerKind): Result | undefined {
  const messages = messagesOf(answer);
  const last = messages.at(-1);
  check(answer, {
    [`${what}: 200 as ${kind}`]: ({ status }) => status === 200 && answerKind(answer) === kind,
    [`${what}: ends with the one answer to its id`]: () => {
      const answers = messages.filter((message) => message.result !== undefined || message.error !== undefined);
      return answers.length === 1 && last?.jsonrpc === '2.0' && last.id === id && last.result !== undefined;
    },
  });
  return last?.result;
}

/** That `echo` gave its text back. */
export function checkEcho(
  what: string,
  answer: Answer,
  id: number,
  text: string,
  kind: AnswerKind,
): Result | undefined {
  const result = checkResult(what, answer, id, kind);
  check(result, {
    [`${what}: the text came back`]: (got) =>
      got?.isError !== true &&
      got?.content?.length === 1 &&
      got.content[0]?.type === 'text' &&
      got.content[0].text === text,
  });
  return result;
}

/** S03, S06: some progress came, all of it ours, rising, with a message, and it reached its total before the result. */
export function checkProgress(what: string, answer: Answer, token: string): void {
  const messages = messagesOf(answer);
  const progress = messages.filter(({ method }) => method === 'notifications/progress');
  check(progress, {
    [`${what}: progress under its token, with messages`]: (all) => all.length > 0 && all.every(hasProgress(token)),
    [`${what}: progress rises to its total`]: (all) => {
      const values = all.map(({ params }) => params?.progress ?? Number.NaN);
      const rises = values.every((value, index) => index === 0 || value > (values[index - 1] ?? Number.NaN));
      return rises && values.at(-1) === all.at(-1)?.params?.total;
    },
    [`${what}: nothing follows the result`]: () =>
      messages.findIndex(({ result }) => result !== undefined) === messages.length - 1,
  });
}

function hasProgress(token: string): (message: Message) => boolean {
  return ({ params }) => params?.progressToken === token && (params.message ?? '') !== '';
}
