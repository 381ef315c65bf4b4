import { ProtocolError } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { TASKS_EXTENSION } from './connection.js';
import { failureText } from './failure.view.js';

const missing = (requiredCapabilities: object) =>
  new ProtocolError(-32_021, 'Missing required client capability', { requiredCapabilities });

describe('a failure', () => {
  it('S18: says what to do about a tool that asks, and about one that runs as a task', () => {
    expect(failureText(missing({ elicitation: {} }))).toBe(
      'Missing required client capability\nThe tool asks questions: run it on a terminal (stdin and stderr), where you can answer them.',
    );
    expect(failureText(missing({ extensions: { [TASKS_EXTENSION]: {} } }))).toMatch(/call it with --task\.$/);
    expect(failureText(missing({ sampling: {} }))).toBe('Missing required client capability');
  });

  it('is its message, without what a terminal would obey', () => {
    expect(failureText(new Error('a\u001b[2Jb'))).toBe('a [2Jb');
    expect(failureText('words')).toBe('words');
  });
});
