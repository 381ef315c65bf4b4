import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { LiveLine } from './live-line.js';
import { NobodyToAskError, QuestionDesk, type Person } from './question-desk.js';

/** Types the given lines one after another; undefined is Ctrl-D. */
function typist(...lines: (string | undefined)[]) {
  const prompts: string[] = [];
  const person: Person = {
    ask: (prompt) => {
      prompts.push(prompt);
      return Promise.resolve(lines.shift());
    },
  };
  return { person, prompts };
}

function screen() {
  const written: string[] = [];
  return { written, isTTY: true, columns: 80, write: (text: string) => written.push(text) };
}

const NAME = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };

describe('questions of a tool', () => {
  it('S18: are asked field by field, a wrong answer again', async () => {
    const terminal = screen();
    const { person, prompts } = typist('Ada', 'old', '36');
    const properties = { name: { type: 'string' }, age: { type: 'integer' } };
    const answer = await new QuestionDesk(terminal, person).ask({
      message: 'Who are you?',
      requestedSchema: { type: 'object', properties },
    });
    expect(answer).toEqual({ action: 'accept', content: { name: 'Ada', age: 36 } });
    expect(prompts).toHaveLength(3);
    expect(terminal.written).toEqual([
      'The tool asks: Who are you? (Ctrl-D declines)\n',
      '  expected a whole number, got "old"\n',
    ]);
  });

  it('S18: are declined with Ctrl-D, with no to a bare question, and after five wrong answers', async () => {
    const ask = (message: string, requestedSchema: object, ...lines: (string | undefined)[]) =>
      new QuestionDesk(screen(), typist(...lines).person).ask({ message, requestedSchema });
    const declined = { action: 'decline' };
    expect(await ask('Name?', NAME, undefined)).toEqual(declined);
    expect(await ask('Sure?', { type: 'object', properties: {} }, 'no')).toEqual(declined);
    expect(await ask('Sure?', { type: 'object', properties: {} }, 'yes')).toEqual({ action: 'accept', content: {} });
    const wrong = Array.from({ length: 5 }, () => '');
    expect(await ask('Name?', NAME, ...wrong, 'Ada')).toEqual(declined);
  });

  it('only forms are answered', async () => {
    const { person, prompts } = typist('Ada');
    const desk = new QuestionDesk(screen(), person);
    expect(await desk.ask({ message: 'Open this page', mode: 'url' })).toEqual({ action: 'decline' });
    expect(prompts).toEqual([]);
  });

  it('S18: come one at a time, and the live line is not drawn meanwhile', async () => {
    const clock = new VirtualClock();
    const terminal = screen();
    const typed: ((line: string) => void)[] = [];
    const person: Person = { ask: () => new Promise((resolve) => typed.push(resolve)) };
    const desk = new QuestionDesk(terminal, person);
    const line = new LiveLine(terminal, clock);
    desk.besides(line);
    const answers = Promise.all(['First', 'Second'].map((message) => desk.ask({ message, requestedSchema: NAME })));
    await clock.advance(1_000);
    expect(typed).toHaveLength(1);
    expect(terminal.written.filter((text) => text.startsWith('\r'))).toEqual(['\r\u001b[2K']);
    typed[0]!('one');
    await clock.advance(0);
    expect(typed).toHaveLength(2);
    typed[1]!('two');
    expect((await answers).map(({ content }) => content)).toEqual([{ name: 'one' }, { name: 'two' }]);
    const drawn = terminal.written.length;
    await clock.advance(100);
    expect(terminal.written.length).toBe(drawn + 1);
    line.stop();
  });

  it('S18: fail where there is no terminal, with the question and what is missing', async () => {
    const desk = new QuestionDesk(screen(), undefined);
    expect(desk.staffed).toBe(false);
    const failure = desk.ask({ message: 'Delete x?' });
    await expect(failure).rejects.toThrow(NobodyToAskError);
    await expect(failure).rejects.toThrow('the tool asks "Delete x?": expected a terminal to answer on');
  });
});
