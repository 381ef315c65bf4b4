import type { ExperimentReport } from './report.ts';

/** For a document. */
export function markdownTable(reports: readonly ExperimentReport[]): string {
  const rows = reports.flatMap(({ experiment, title, measured }) =>
    measured.map((row, at) => [
      at === 0 ? experiment : '',
      at === 0 ? title : '',
      row.what,
      row.expected,
      row.measured.split('\n')[0] ?? '',
      row.ok ? 'yes' : '**no**',
    ]),
  );
  const head = ['#', 'fault', 'what', 'expected', 'measured', 'ok'];
  const line = (cells: readonly string[]): string =>
    `|${cells.map((cell) => (cell === '' ? '' : ` ${cell}`)).join(' |')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** For a terminal: in columns. */
export function terminalTable(reports: readonly ExperimentReport[]): string {
  const rows = reports.flatMap(({ experiment, measured }) =>
    measured.map((row, at) => [
      at === 0 ? experiment : '',
      row.what,
      row.expected,
      (row.measured.split('\n')[0] ?? '').slice(0, 100),
      row.ok ? 'ok' : 'FAILED',
    ]),
  );
  const all = [['experiment', 'what', 'expected', 'measured', 'ok'], ...rows];
  const widths = all[0]?.map((_cell, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
