import { afterEach, expect, it } from 'vitest';
import { armFailpoints, failpoint, FAILPOINTS, type Failpoint } from './failpoint.js';

afterEach(() => {
  armFailpoints([], () => undefined);
});

function passAll(): void {
  for (const name of FAILPOINTS) failpoint(name);
}

it('a failpoint is hit where it is armed, each time, and nowhere else', () => {
  const hits: Failpoint[] = [];
  armFailpoints(['ledger.settled', 'task.created'], (name) => hits.push(name));
  passAll();
  passAll();
  expect(hits).toEqual(['ledger.settled', 'task.created', 'ledger.settled', 'task.created']);
});

it('none is hit that was armed before others, or after all were disarmed', () => {
  const hits: string[] = [];
  armFailpoints(['ledger.claimed'], (name) => hits.push(`first ${name}`));
  armFailpoints(['stream.opened'], (name) => hits.push(`second ${name}`));
  passAll();
  armFailpoints([], (name) => hits.push(`third ${name}`));
  passAll();
  expect(hits).toEqual(['second stream.opened']);
});
