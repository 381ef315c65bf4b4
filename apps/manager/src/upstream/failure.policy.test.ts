import { LocalError } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { failoverReason, isRepeatable, remedyFor } from './failure.policy.js';

const refused = new LocalError('ECONNREFUSED', 'connect ECONNREFUSED');
const reset = new LocalError('UND_ERR_SOCKET', 'other side closed');

describe('what a failed connection means for its request', () => {
  it('never sent: any request goes to another node', () => {
    expect(remedyFor(refused, 'unsent', false)).toBe('retry');
    expect(remedyFor(refused, 'unsent', true)).toBe('retry');
  });

  it('sent and unanswered: what may be repeated goes to another node, calls are lost', () => {
    expect(remedyFor(reset, 'sent', true)).toBe('retry');
    expect(remedyFor(reset, 'sent', false)).toBe('lost');
  });

  it('the answer had begun: lost, whatever it was', () => {
    expect(remedyFor(reset, 'answering', true)).toBe('lost');
  });

  it('a request that cannot be written is not the nodes’ fault', () => {
    expect(remedyFor(new LocalError('UND_ERR_INVALID_ARG', 'invalid header'), 'unsent', true)).toBe('unsendable');
  });

  it('tools/call and unknown methods are not repeated', () => {
    expect(['tools/call', 'tools/List', '', undefined].map(isRepeatable)).toEqual([false, false, false, false]);
    expect(isRepeatable('tools/list')).toBe(true);
  });

  it('S13: polling, answering and cancelling a task may be repeated', () => {
    expect(['tasks/get', 'tasks/update', 'tasks/cancel'].map(isRepeatable)).toEqual([true, true, true]);
    // Methods of 2025-11-25, which this server does not serve: nothing is known of them.
    expect(['tasks/list', 'tasks/result'].map(isRepeatable)).toEqual([false, false]);
  });

  it('names the reason from a closed set', () => {
    expect(failoverReason(refused)).toBe('refused');
    expect(failoverReason(new Error('what?'))).toBe('other');
  });
});
