import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.errors.js';
import { readManagerConfig } from './manager.config.js';

const KEY = 'qIu1XxVbq0m8yZJ3hV9f2kP7sWc4LdTn';

function refused(argv: string[]): string[] {
  try {
    readManagerConfig(argv, { CLUSTER_KEY: KEY });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ name }) => name);
    throw error;
  }
  return [];
}

describe('scaling', () => {
  const scaling = (...argv: string[]) => readManagerConfig(argv, { CLUSTER_KEY: KEY }).scaling;

  it('P16: has the numbers of the requirement', () => {
    expect(scaling()).toMatchObject({ outCpu: 80, outMemory: 85, outResponseMs: 1_000, outQueue: 100 });
    expect(scaling()).toMatchObject({ inCpu: 30, inMemory: 40, inResponseMs: 100, max: 20 });
    expect(scaling()).toMatchObject({ outFactorPercent: 200, inFactorPercent: 60 });
  });

  it('leaves a chosen number of processes alone, unless a range is chosen or it is asked for', () => {
    expect(scaling('--nodes', '3')).toMatchObject({ mode: 'off', min: 3, max: 20 });
    expect(scaling('--nodes', '3', '--max-nodes', '3').mode).toBe('off');
    expect(scaling('--nodes', '3', '--max-nodes', '4')).toMatchObject({ mode: 'on', min: 3, max: 4 });
    expect(scaling('--nodes', '3', '--max-nodes', '4', '--scaling', 'dry-run').mode).toBe('dry-run');
    expect(scaling('--nodes', '3', '--min-nodes', '1', '--scaling', 'on')).toMatchObject({
      mode: 'on',
      min: 1,
      max: 20,
    });
  });

  it('only says what it would do where somebody else starts the nodes', () => {
    expect(scaling('--discovery', 'static', '--nodes-urls', 'http://a')).toMatchObject({ mode: 'dry-run', min: 2 });
    expect(scaling('--discovery', 'static', '--nodes-urls', 'http://a', '--max-nodes', '1').min).toBe(1);
  });

  it('gives a node that goes the time of any drain, unless told otherwise', () => {
    expect(scaling('--drain-timeout-ms', '7000').drainMs).toBe(7_000);
    expect(scaling('--drain-timeout-ms', '7000', '--scaling-drain-ms', '9').drainMs).toBe(9);
  });

  it.each([
    [['--max-nodes', '1'], ['--max-nodes']],
    [['--discovery', 'redis', '--redis', 'redis://a', '--min-nodes', '3', '--max-nodes', '1'], ['--max-nodes']],
    [['--min-nodes', '3', '--max-nodes', '2'], ['--max-nodes']],
    [['--max-nodes', '21', '--nodes', '20'], ['--max-nodes']],
    [['--scaling-in-cpu', '80'], ['--scaling-in-cpu']],
    [['--scaling-out-cpu', '30'], ['--scaling-in-cpu or SCALING_IN_CPU']],
    [
      ['--scaling-in-memory', '85', '--scaling-out-response-ms', '100'],
      ['--scaling-in-memory', '--scaling-in-response-ms or SCALING_IN_RESPONSE_MS'],
    ],
    [
      ['--scaling', 'yes', '--scaling-in-factor', '100'],
      ['--scaling', '--scaling-in-factor'],
    ],
  ])('P16: refuses scaling that could not work: %j', (argv, names) => {
    expect(refused(argv)).toEqual(names);
  });
});
