import { printable } from './progress.view.js';

/** What a task tells of itself. */
export interface TaskState {
  readonly status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';
  readonly statusMessage?: string;
}

const MEANINGS: Readonly<Record<TaskState['status'], string>> = {
  working: 'working',
  input_required: 'waiting for an answer',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** `task working: rows 500 of 1000` */
export function taskText({ status, statusMessage }: TaskState): string {
  // A completed task keeps the last message of its work, which is no longer true.
  const said = status === 'completed' ? '' : printable(statusMessage ?? '');
  const message = said === '' ? '' : `: ${said}`;
  return `task ${MEANINGS[status]}${message}`;
}
