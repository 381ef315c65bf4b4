import { Counter as PromCounter, Histogram as PromHistogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { seededRng } from '@mcp-cluster/kernel';
import { counterFamily } from './counter.family.js';
import { gaugeFamily, type Reading } from './gauge.family.js';
import { histogramFamily } from './histogram.family.js';

const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10];

describe('P13: our families against those of prom-client', () => {
  it('print the same text for the same observations', async () => {
    const seed = 7;
    const rng = seededRng(seed);
    const ours = new Registry();
    const theirs = new Registry();
    const about = { name: 'mcp_x_seconds', help: 'Time, with a \\ and\na line.' };
    const count = { name: 'mcp_x_total', help: 'Count.' };
    const histogram = histogramFamily(ours, { ...about, labels: ['method', 'status'], buckets: BUCKETS });
    const counter = counterFamily(ours, { ...count, labels: ['method'] });
    const promHistogram = new PromHistogram({
      ...about,
      labelNames: ['method', 'status'],
      buckets: BUCKETS,
      registers: [theirs],
    });
    const promCounter = new PromCounter({ ...count, labelNames: ['method'], registers: [theirs] });
    for (let round = 0; round < 2_000; round += 1) {
      const labels = {
        method: rng.next() < 0.5 ? 'tools/call' : 'a "quoted"\n\\ one',
        status: rng.next() < 0.1 ? 'error' : 'ok',
      };
      // Also the bounds themselves, which belong below, zero, and more than the last bound.
      const value = rng.next() < 0.3 ? (BUCKETS[Math.floor(rng.next() * BUCKETS.length)] ?? 0) : rng.next() ** 6 * 20;
      histogram.child(labels).observe(value);
      promHistogram.observe(labels, value);
      counter.child({ method: labels.method }).inc(value);
      promCounter.inc({ method: labels.method }, value);
    }
    const text = await ours.metrics();
    expect(text, `seed ${String(seed)}`).toBe(await theirs.metrics());
    expect(text).toContain('mcp_x_seconds_bucket{le="+Inf",method="tools/call",status="ok"}');
    expect(await ours.getMetricsAsJSON()).toHaveLength(2);
  });

  it('print the same when nothing was observed but the child is there', async () => {
    const ours = new Registry();
    const theirs = new Registry();
    const about = { name: 'mcp_x_seconds', help: 'Time.', buckets: [1, 2] };
    histogramFamily(ours, { ...about, labels: ['a'] }).child({ a: 'b' });
    new PromHistogram({ ...about, labelNames: ['a'], registers: [theirs] }).zero({ a: 'b' });
    expect(await ours.metrics()).toBe(await theirs.metrics());
  });

  it('refuse a second family of the same name', () => {
    const registry = new Registry();
    const about = { name: 'mcp_x_total', help: 'x', labels: [] };
    counterFamily(registry, about);
    expect(() => counterFamily(registry, about)).toThrow('already been registered');
  });
});

describe('P13: label sets are closed', () => {
  const seriesOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('mcp_'));

  it('folds a value that is not in the declared set', async () => {
    const registry = new Registry();
    const family = counterFamily(registry, { name: 'mcp_x_total', help: 'x', labels: ['m'], allowed: { m: ['a'] } });
    for (let i = 0; i < 1_000; i += 1) family.child({ m: `m${String(i)}` }).inc();
    family.child({ m: 'a' }).inc(3);
    expect(seriesOf(await registry.metrics())).toEqual(['mcp_x_total{m="_other"} 1000', 'mcp_x_total{m="a"} 3']);
  });

  it('cardinality: 100,000 different values make no more children than the bound and the closed sets allow', async () => {
    const registry = new Registry();
    const family = counterFamily(registry, {
      name: 'mcp_x_total',
      help: 'x',
      labels: ['tool', 'status'],
      allowed: { status: ['ok', 'error'] },
      maxChildren: 50,
    });
    for (let i = 0; i < 100_000; i += 1)
      family.child({ tool: `t${String(i)}`, status: i % 2 === 0 ? 'ok' : 'error' }).inc();
    const series = seriesOf(await registry.metrics());
    expect(series).toHaveLength(52);
    expect(series).toContain('mcp_x_total{tool="_other",status="ok"} 49975');
    expect(series).toContain('mcp_x_total{tool="t7",status="error"} 1');
  });

  it('cardinality: 2,000 children by default', async () => {
    const registry = new Registry();
    const family = counterFamily(registry, { name: 'mcp_x_total', help: 'x', labels: ['tool'] });
    for (let i = 0; i < 5_000; i += 1) family.child({ tool: `t${String(i)}` }).inc();
    expect(seriesOf(await registry.metrics())).toHaveLength(2_001);
  });

  it('finds the same child again, also the folded one', () => {
    const family = counterFamily(new Registry(), {
      name: 'mcp_x_total',
      help: 'x',
      labels: ['a', 'b'],
      maxChildren: 1,
    });
    const first = family.child({ a: '1', b: '2' });
    expect(family.child({ b: '2', a: '1' })).toBe(first);
    expect(family.child({ a: '2', b: '1' })).toBe(family.child({ a: '3', b: '3' }));
    expect(family.child({ a: '2', b: '1' })).not.toBe(first);
  });
});

describe('a gauge', () => {
  it('shows what there is at the scrape, and no longer what has gone', async () => {
    const registry = new Registry();
    let nodes: Reading<'state'>[] = [
      [{ state: 'ready' }, 2],
      [{ state: 'strange' }, 1],
      [{ state: 'odd' }, 4],
    ];
    const allowed = { state: ['ready', 'draining'] };
    gaugeFamily(registry, { name: 'mcp_nodes', help: 'Nodes.', labels: ['state'], allowed }, () => nodes);
    expect(await registry.metrics()).toBe(
      '# HELP mcp_nodes Nodes.\n# TYPE mcp_nodes gauge\nmcp_nodes{state="ready"} 2\nmcp_nodes{state="_other"} 5\n',
    );
    nodes = [];
    expect(await registry.metrics()).toBe('# HELP mcp_nodes Nodes.\n# TYPE mcp_nodes gauge\n');
  });
});

describe('bad input', () => {
  it('is refused with what came and what was expected', () => {
    const registry = new Registry();
    const counter = counterFamily(registry, { name: 'mcp_x_total', help: 'x', labels: ['a'] }).child({ a: '' });
    for (const wrong of [-1, NaN, Infinity])
      expect(() => {
        counter.inc(wrong);
      }).toThrow(`got ${String(wrong)}`);
    expect(counter.value).toBe(0);
    const histogram = histogramFamily(registry, { name: 'mcp_h', help: 'x', labels: ['a'], buckets: [1] }).child({
      a: '',
    });
    for (const wrong of [NaN, Infinity])
      expect(() => {
        histogram.observe(wrong);
      }).toThrow('expected a finite number');
    expect(histogram.sum).toBe(0);
    expect(() => histogramFamily(registry, { name: 'mcp_i', help: 'x', labels: [], buckets: [1, 1] })).toThrow(
      'got 1, 1',
    );
  });
});
