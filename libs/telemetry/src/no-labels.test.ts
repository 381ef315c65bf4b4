import { describe, expect, it } from 'vitest';
import { counterFamily, gaugeFamily, histogramFamily, Registry } from './index.js';

describe('families without labels', () => {
  it('show their one child', async () => {
    const registry = new Registry();
    gaugeFamily(registry, { name: 'things', help: 'Things.', labels: [] }, () => [[{}, 7]]);
    const counter = counterFamily(registry, { name: 'calls_total', help: 'Calls.', labels: [] });
    counter.child({}).inc();
    counter.child({}).inc();
    histogramFamily(registry, { name: 'wait_seconds', help: 'Waits.', labels: [], buckets: [1] })
      .child({})
      .observe(0.5);
    const text = await registry.metrics();
    expect(text).toContain('things 7');
    expect(text).toContain('calls_total 2');
    expect(text).toContain('wait_seconds_count 1');
  });
});
