import { LocalError } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { failoverReason, isRead, remedyFor } from './failure.policy.js';

const refused = new LocalError('ECONNREFUSED', 'connect ECONNREFUSED');
const reset = new LocalError('UND_ERR_SOCKET', 'other side closed');

describe('what a failed connection means for its request', () => {
  it('never sent: any request goes to another node', () => {
    expect(remedyFor(refused, 'unsent', false)).toBe('retry');
    expect(remedyFor(refused, 'unsent', true)).toBe('retry');
  });

  it('sent and unanswered: reads go to another node, calls are lost', () => {
    expect(remedyFor(reset, 'sent', true)).toBe('retry');
    expect(remedyFor(reset, 'sent', false)).toBe('lost');
  });

  it('the answer had begun: lost, whatever it was', () => {
    expect(remedyFor(reset, 'answering', true)).toBe('lost');
  });

  it('a request that cannot be written is not the nodes’ fault', () => {
    expect(remedyFor(new LocalError('UND_ERR_INVALID_ARG', 'invalid header'), 'unsent', true)).toBe('unsendable');
  });

  it('tools/call and unknown methods are not reads', () => {
    expect(['tools/call', 'tools/List', '', undefined].map(isRead)).toEqual([false, false, false, false]);
    expect(isRead('tools/list')).toBe(true);
  });

  it('names the reason from a closed set', () => {
    expect(failoverReason(refused)).toBe('refused');
    expect(failoverReason(new Error('what?'))).toBe('other');
  });
});
