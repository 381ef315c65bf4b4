import { describe, expect, it } from 'vitest';
import { taskText } from './task.view.js';

describe('state of a task', () => {
  it('S13: says what the task does, in words for people', () => {
    expect(taskText({ status: 'working', statusMessage: 'rows 5 of 10' })).toBe('task working: rows 5 of 10');
    expect(taskText({ status: 'input_required', statusMessage: 'asks for a name' })).toBe(
      'task waiting for an answer: asks for a name',
    );
    expect(taskText({ status: 'failed', statusMessage: 'no disk' })).toBe('task failed: no disk');
    expect(taskText({ status: 'working' })).toBe('task working');
  });

  it('leaves out the last message of work that is over', () => {
    expect(taskText({ status: 'completed', statusMessage: 'rows 9 of 10' })).toBe('task completed');
  });
});
