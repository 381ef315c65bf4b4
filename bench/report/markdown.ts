import type { Spread } from '../harness/statistics.ts';

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

/** Lowest, median and highest of a count, with thousands set apart. */
export function cell({ min, median, max }: Spread): string {
  return `${count(min)} / **${count(median)}** / ${count(max)}`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function yesNo(reached: boolean): string {
  return reached ? 'yes' : '**no**';
}
