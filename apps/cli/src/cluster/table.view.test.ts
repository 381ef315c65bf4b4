import { expect, it } from 'vitest';
import { table } from './table.view.js';

it('sets names to the left and numbers to the right', () => {
  expect(
    table(
      ['ID', 'CALLS', 'URL'],
      [
        ['node-1', 7, 'http://a'],
        ['n', 12_345, 'http://b'],
      ],
    ),
  ).toBe('ID      CALLS  URL\nnode-1      7  http://a\nn       12345  http://b');
});

it('shows the headings of an empty table', () => {
  expect(table(['ID', 'STATE'], [])).toBe('ID  STATE');
});

it('lets no name command the terminal', () => {
  expect(table(['ID'], [['\u001b[2Ja\nb\u009b']])).toBe('ID\n?[2Ja?b?');
});
