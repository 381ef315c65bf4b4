import type { Problem } from './config.errors.js';
import { quote } from './quote.js';
import type { Setting } from './setting.js';

/** What the arguments of a process say. */
export interface Flags {
  readonly help: boolean;
  /** Texts of the settings that were given; of one given twice the last, so that scripts can append. */
  readonly values: ReadonlyMap<Setting, string>;
  readonly problems: readonly Problem[];
}

/** Takes `--name value`, `--name=value` and, for switches, `--name`. Nothing else is let through. */
export function parseFlags(settings: readonly Setting[], argv: readonly string[]): Flags {
  const byFlag = new Map(settings.map((setting) => [setting.flag, setting]));
  const known = [...settings.flatMap(({ flag }) => flag ?? []), '--help'];
  const values = new Map<Setting, string>();
  const problems: Problem[] = [];
  let help = false;

  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [name, inline] = split(argument);
    const setting = byFlag.get(name);
    if (name === '--help' || name === '-h') {
      help = true;
    } else if (!name.startsWith('-')) {
      problems.push({ name: 'arguments', received: quote(argument), expected: 'only flags (--help lists them)' });
    } else if (setting === undefined) {
      // Its value, which could be a secret, goes unread with it.
      if (inline === undefined && takesNext(rest[0])) rest.shift();
      problems.push({ name: quote(name), received: 'an unknown flag', expected: `${nearest(name, known)} perhaps` });
    } else if (inline !== undefined) {
      values.set(setting, inline);
    } else if (setting.bare) {
      values.set(setting, 'true');
    } else if (takesNext(rest[0])) {
      values.set(setting, rest.shift() ?? '');
    } else {
      problems.push({ name, received: 'no value', expected: setting.type });
    }
  }
  return { help, values, problems };
}

function split(argument: string): [name: string, inline: string | undefined] {
  const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
  return equals < 0 ? [argument, undefined] : [argument.slice(0, equals), argument.slice(equals + 1)];
}

/** A value may be negative (and is then refused by its bounds), but never looks like a flag. */
function takesNext(next: string | undefined): boolean {
  return next !== undefined && !next.startsWith('--');
}

function nearest(name: string, known: readonly string[]): string {
  return known.reduce((best, candidate) => (distance(name, candidate) < distance(name, best) ? candidate : best));
}

/** Levenshtein: how many letters to add, drop or change. Names longer than any flag of ours are cut first. */
function distance(left: string, right: string): number {
  const a = left.slice(0, 64);
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
