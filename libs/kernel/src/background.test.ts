import { describe, expect, it } from 'vitest';
import { Background } from './background.js';

describe('Background', () => {
  it('reports and counts each failure by the name of its work', async () => {
    const reports: string[] = [];
    const background = new Background((name, error) => reports.push(`${name}: ${error.message}`));
    background.run('sweep', () => Promise.reject(new Error('no disk')));
    background.run('flush', () => Promise.resolve());
    await background.drain();
    expect(reports).toEqual(['sweep: no disk']);
    expect(background.failed).toBe(1);
  });

  it('takes work that throws before its first await, and what is no Error', async () => {
    const reports: Error[] = [];
    const background = new Background((_name, error) => reports.push(error));
    background.run('sync', () => {
      throw new Error('at once');
    });
    // A library may reject with anything.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the case under test
    background.run('text', () => Promise.reject('only text'));
    await background.drain();
    expect(reports.map((error) => error.message)).toEqual(['at once', 'only text']);
    expect(reports[1]?.cause).toBe('only text');
  });

  it('drain waits for what runs and leaves nothing behind', async () => {
    const background = new Background(() => undefined);
    const gate = Promise.withResolvers<undefined>();
    let drained = false;
    background.run('slow', () => gate.promise);
    const draining = background.drain().then(() => (drained = true));
    await Promise.resolve();
    expect(drained).toBe(false);
    gate.resolve(undefined);
    await draining;
    expect(drained).toBe(true);
    expect(background.failed).toBe(0);
  });
});
