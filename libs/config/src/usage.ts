import type { Setting } from './setting.js';

/** A table of settings, first row the headings. The documentation is made of the same rows. */
export function settingsTable(settings: readonly Setting[]): string[][] {
  const rows = settings.map(({ flag, env, type, fallback, meaning }) => [
    flag ?? '',
    env ?? '',
    type,
    fallback,
    meaning,
  ]);
  return [['Flag', 'Variable', 'Type', 'Default', 'Meaning'], ...rows, ['--help', '', '', '', 'Print this table.']];
}

/** What `--help` prints. */
export function usage(app: string, settings: readonly Setting[]): string {
  const rows = settingsTable(settings);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`Settings of the ${app}. A flag wins over its variable.`, '', ...lines].join('\n');
}
