// A recording as a page of text.
import { chosenFrames } from './frames.mjs';

/** Lines of a result that are shown; logs and reports are longer. */
const SHOWN_LINES = 24;
/** Of them at the end, where the timings are. */
const SHOWN_AT_END = 3;
const LINE_WIDTH = 160;

/** `steps`: `{ words, after?, frames, lines, code }` in their order. */
export function page({ title, about, shows = SHOWN_LINES, steps }) {
  const head = [title, '='.repeat(title.length), '', ...(about === undefined ? [] : [...about, ''])];
  return `${[...head, ...steps.flatMap((step) => section(step, shows))].join('\n').trimEnd()}\n`;
}

function section({ words, after, frames, lines, code }, shows) {
  return [
    ...(after === undefined ? [] : [`(${after})`]),
    `$ npm run mcp -- ${words.map(quoted).join(' ')}`,
    '',
    ...chosenFrames(frames).map(({ seconds, text }) => `  ${seconds.toFixed(2).padStart(6)} s  ${text}`),
    ...(frames.length > 0 ? [''] : []),
    ...shortened(lines, shows).map((line) => cut(line)),
    ...(code === 0 ? [] : [`(exit code ${code})`]),
    '',
  ];
}

function shortened(lines, shows) {
  if (lines.length <= shows) return lines;
  const left = lines.length - shows + 1;
  const head = lines.slice(0, shows - SHOWN_AT_END - 1);
  return [...head, `… ${left} more lines …`, ...lines.slice(-SHOWN_AT_END)];
}

function cut(line) {
  return line.length <= LINE_WIDTH ? line : `${line.slice(0, LINE_WIDTH - 1)}…`;
}

/** As a shell takes it. */
function quoted(word) {
  return /^[\w=.:/@%+,…-]+$/.test(word) ? word : `'${word}'`;
}
