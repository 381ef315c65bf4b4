import { describe, expect, it } from 'vitest';
import { NodeLoad } from './node-load.js';
import { RecentCalls } from './recent-calls.js';

describe('recent calls', () => {
  it('older ones count less, and the mean is that of the newer answers', () => {
    const load = new NodeLoad();
    load.begin('calls');
    const recent = new RecentCalls(load);
    expect([recent.begun, recent.meanMs]).toEqual([0, 0]);
    for (let at = 0; at < 10; at += 1) {
      load.begin('calls');
      load.rtt.observe(5, at);
    }
    load.begin('streams');
    expect([recent.begun, recent.meanMs]).toEqual([10, 5]);
    recent.decay(0.5);
    expect([recent.begun, recent.meanMs]).toEqual([5, 5]);
    for (let at = 0; at < 5; at += 1) load.rtt.observe(105, at);
    expect(recent.meanMs).toBeCloseTo(55, 6);
    recent.decay(0);
    expect([recent.begun, recent.meanMs]).toEqual([0, 0]);
  });

  it('what is forgotten of the estimate does not run backwards', () => {
    const load = new NodeLoad();
    const recent = new RecentCalls(load);
    load.rtt.observe(5, 0);
    load.rtt.forget();
    load.rtt.observe(7, 0);
    expect(recent.meanMs).toBe(6);
  });
});
