import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FAILURES_TO_DOWN,
  NODE_STATES,
  nextHealth,
  takesCalls,
  UNSEEN,
  type Health,
  type Sighting,
} from './node-state.policy.js';

function after(...sightings: Sighting[]): Health {
  return sightings.reduce(nextHealth, UNSEEN);
}

describe('health of a node', () => {
  it('one answer makes a node ready', () => {
    expect(after('ready')).toEqual({ state: 'ready', failures: 0 });
  });

  it('two failures in a row leave it where it is, the third takes it down', () => {
    expect(after('ready', 'failure', 'failure').state).toBe('ready');
    expect(after('ready', 'failure', 'failure', 'failure').state).toBe('down');
  });

  it('failures count only in a row', () => {
    expect(after('ready', 'failure', 'failure', 'ready', 'failure', 'failure').state).toBe('ready');
  });

  it('one answer brings a down node back', () => {
    expect(after('failure', 'failure', 'failure', 'ready')).toEqual({ state: 'ready', failures: 0 });
  });

  it('a node that says it drains takes no new calls and is not down', () => {
    const health = after('ready', 'draining');
    expect(health.state).toBe('draining');
    expect(takesCalls(health.state)).toBe(false);
  });

  it('only ready takes calls', () => {
    expect(NODE_STATES.filter(takesCalls)).toEqual(['ready']);
  });

  it('is down exactly when the last three sightings failed', () => {
    const sighting = fc.constantFrom<Sighting>('starting', 'ready', 'draining', 'failure');
    fc.assert(
      fc.property(fc.array(sighting, { maxLength: 30 }), (sightings) => {
        const last = sightings.slice(-FAILURES_TO_DOWN);
        const dead = last.length === FAILURES_TO_DOWN && last.every((one) => one === 'failure');
        expect(after(...sightings).state === 'down').toBe(dead);
      }),
    );
  });
});
