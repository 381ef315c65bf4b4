import { LocalError } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { failoverReason, isUnsendable } from './failure.policy.js';

describe('what a failed connection means for its request', () => {
  it('a request that cannot be written is not the nodes’ fault', () => {
    const invalid = new LocalError('UND_ERR_INVALID_ARG', 'invalid header');
    expect(isUnsendable(invalid, 'unsent')).toBe(true);
    expect(isUnsendable(invalid, 'sent')).toBe(false);
    expect(isUnsendable(new LocalError('ECONNREFUSED', 'refused'), 'unsent')).toBe(false);
  });

  it('names the reason from a closed set', () => {
    expect(failoverReason(new LocalError('ECONNREFUSED', 'connect ECONNREFUSED'))).toBe('refused');
    expect(failoverReason(new LocalError('UND_ERR_SOCKET', 'other side closed'))).toBe('reset');
    expect(failoverReason(new Error('what?'))).toBe('other');
  });
});
