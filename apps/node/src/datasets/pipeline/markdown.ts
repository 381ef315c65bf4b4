/** Characters with a meaning in Markdown; a value from a file is shown, never obeyed. */
const MARKUP = /[\\`*_[\]<>|#]/g;

/** Lines and other controls would break a table or a list. */
// eslint-disable-next-line no-control-regex -- controls are what is looked for
const CONTROLS = /[\u0000-\u001F\u007F\u2028\u2029]+/g;

const MAX_LENGTH = 300;

/** A foreign text within a line: one line of at most 300 characters, without markup. */
export function inline(text: string): string {
  const short = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return short.replace(CONTROLS, ' ').replace(MARKUP, '\\$&');
}

export function heading(title: string): string[] {
  return ['', `## ${inline(title)}`, ''];
}

/** A heading and the first lines of a table. */
export function tableHead(title: string, columns: readonly string[]): string[] {
  return [...heading(title), tableRow(columns), `|${' --- |'.repeat(columns.length)}`];
}

export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map(inline).join(' | ')} |`;
}
