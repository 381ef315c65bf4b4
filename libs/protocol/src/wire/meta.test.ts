import { describe, expect, it } from 'vitest';
import { WireError } from './errors.js';
import { claimedRevision, readEnvelope } from './meta.js';

const KEY = 'io.modelcontextprotocol/';
const meta = (more: Record<string, unknown> = {}) => ({
  _meta: { [`${KEY}protocolVersion`]: '2026-07-28', [`${KEY}clientCapabilities`]: {}, ...more },
});

function refused(params: Record<string, unknown>): WireError {
  try {
    readEnvelope(params);
  } catch (thrown) {
    if (thrown instanceof WireError) return thrown;
    throw thrown;
  }
  throw new Error('taken');
}

describe('the envelope of 2026-07-28', () => {
  it('needs a revision and capabilities, nothing else', () => {
    expect(readEnvelope(meta())).toEqual({
      revision: '2026-07-28',
      capabilities: {},
      info: undefined,
      logLevel: undefined,
    });
  });

  it('may say who asks and from which level on it wants to hear logs', () => {
    const info = { name: 'c', version: '1' };
    const envelope = readEnvelope(meta({ [`${KEY}clientInfo`]: info, [`${KEY}logLevel`]: 'warning' }));
    expect(envelope).toMatchObject({ info, logLevel: 'warning' });
  });

  it('keeps the capabilities that were declared', () => {
    const { capabilities } = readEnvelope(
      meta({ [`${KEY}clientCapabilities`]: { elicitation: { form: {} }, sampling: {} } }),
    );
    expect(capabilities).toMatchObject({ elicitation: { form: {} }, sampling: {} });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no _meta', {}, 'params._meta: expected an object, got nothing'],
    ['a _meta that is no object', { _meta: [] }, 'params._meta: expected an object, got an array of 0'],
    [
      'no revision',
      meta({ [`${KEY}protocolVersion`]: undefined }),
      `${KEY}protocolVersion]: expected a string, got nothing`,
    ],
    ['a revision that is a number', meta({ [`${KEY}protocolVersion`]: 2026 }), 'expected a string, got 2026'],
    [
      'no capabilities',
      meta({ [`${KEY}clientCapabilities`]: undefined }),
      `${KEY}clientCapabilities]: expected an object`,
    ],
    [
      'capabilities that are a list',
      meta({ [`${KEY}clientCapabilities`]: [] }),
      'expected an object, got an array of 0',
    ],
    [
      'a capability of the wrong type',
      meta({ [`${KEY}clientCapabilities`]: { roots: 7 } }),
      'expected client capabilities',
    ],
    ['a client without a version', meta({ [`${KEY}clientInfo`]: { name: 'c' } }), 'expected a name and a version'],
    ['a client that is a text', meta({ [`${KEY}clientInfo`]: 'c' }), 'expected a name and a version'],
    ['a level that does not exist', meta({ [`${KEY}logLevel`]: 'loud' }), 'expected one of debug, info'],
  ])('is refused with -32602 at the gate: %s', (_what, params, message) => {
    const error = refused(params);
    expect(error).toMatchObject({ code: -32602, origin: 'gate' });
    expect(error.message).toContain(message);
  });

  it.each(['2025-11-25', '2099-01-01', ''])(
    'of revision %j is refused with -32022, saying what is served',
    (requested) => {
      const error = refused(meta({ [`${KEY}protocolVersion`]: requested }));
      expect(error).toMatchObject({ code: -32022, data: { supported: ['2026-07-28'], requested } });
    },
  );
});

describe('claimedRevision', () => {
  it('is what the message says, also when it is nonsense, and nothing in session revisions', () => {
    expect(claimedRevision(meta())).toBe('2026-07-28');
    expect(claimedRevision(meta({ [`${KEY}protocolVersion`]: 7 }))).toBe(7);
    expect(claimedRevision({})).toBeUndefined();
    expect(claimedRevision({ _meta: { progressToken: 1 } })).toBeUndefined();
    expect(claimedRevision({ _meta: null })).toBeUndefined();
  });
});
