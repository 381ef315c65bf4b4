import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHECK_INTERVAL_MS,
  CHECK_TIMEOUT_MS,
  ejectedHealth,
  endsEjection,
  FAILURES_TO_DOWN,
  NODE_STATES,
  nextHealth,
  takesCalls,
  UNSEEN,
  wouldTakeCalls,
  type Health,
  type Sighting,
} from './node-state.policy.js';

function after(...sightings: Sighting[]): Health {
  return sightings.reduce((health, sighting) => nextHealth(health, sighting), UNSEEN);
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

  it('a node that hangs is down within 3 s, wherever between two checks it stops', () => {
    expect(CHECK_TIMEOUT_MS).toBeLessThan(CHECK_INTERVAL_MS);
    expect(FAILURES_TO_DOWN * CHECK_INTERVAL_MS + CHECK_TIMEOUT_MS).toBeLessThan(3000);
  });

  it('an ejected node answers its checks and stays out; checks that fail take it down all the same', () => {
    const ejected = ejectedHealth(after('ready', 'failure'));
    expect(ejected).toEqual({ state: 'ejected', failures: 1 });
    expect(takesCalls(ejected.state)).toBe(false);
    expect(nextHealth(ejected, 'ready', true)).toEqual({ state: 'ejected', failures: 0 });
    expect(nextHealth(ejected, 'ready', false)).toEqual({ state: 'ready', failures: 0 });
    expect(nextHealth(ejected, 'draining', true).state).toBe('draining');
    expect(nextHealth(nextHealth(ejected, 'failure', true), 'failure', true).state).toBe('down');
  });

  it('only a ready node can be ejected: whoever is out for another reason stays what it is', () => {
    for (const state of NODE_STATES)
      expect(ejectedHealth({ state, failures: 0 }).state).toBe(state === 'ready' ? 'ejected' : state);
  });

  it('a check ends an ejection only when it tells of something new: a node that was down, or another process', () => {
    const ending = NODE_STATES.filter((state) => endsEjection({ state, failures: 0 }, 'ready'));
    expect(ending).toEqual(['down']);
    expect(endsEjection({ state: 'ejected', failures: 2 }, 'ready')).toBe(false);
    expect(endsEjection({ state: 'ejected', failures: 0 }, 'starting')).toBe(true);
    expect(endsEjection({ state: 'down', failures: 3 }, 'failure')).toBe(false);
  });

  it('a panic is reckoned over the nodes that would take calls if nothing was wrong', () => {
    expect(NODE_STATES.filter(wouldTakeCalls)).toEqual(['ready', 'ejected', 'down']);
  });
});
