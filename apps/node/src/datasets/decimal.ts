/**
 * A decimal number; what `Number` takes besides (nothing, hexadecimal, `Infinity`) is no measurement. A digit can be
 * matched in one way only: `\d+\.?\d*` would try a million digits followed by a letter in a million million ways.
 */
const DECIMAL = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** The number that a text stands for; undefined for any other text, and for one too large to hold, such as 1e999. */
export function parseDecimal(text: string): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) && DECIMAL.test(text) ? value : undefined;
}
