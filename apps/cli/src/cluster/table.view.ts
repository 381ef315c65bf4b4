/** What a terminal would obey: names come from nodes, which may say anything. */
// eslint-disable-next-line no-control-regex -- control characters are what is meant
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Text from outside on one line of a terminal. */
export function plain(text: string): string {
  return text.replace(CONTROL, '?');
}

/** Rows below headings, each column as wide as its widest cell; numbers are set to the right. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map((cell) => plain(String(cell))));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...texts.map((row) => row[column]?.length ?? 0)),
  );
  const numeric = headings.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        numeric[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(headings), ...texts.map(line)].join('\n');
}
