import type { z } from 'zod';
import { ConfigError, HelpRequested, type Problem } from './config.errors.js';
import { parseFlags } from './flags.js';
import { quote } from './quote.js';
import { settingsOf, type Setting } from './setting.js';
import { usage } from './usage.js';

/** Environment variables by name. An empty one counts as not set: charts and shells write them so. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Given {
  readonly setting: Setting;
  /** The flag or the variable it came from. */
  readonly source: string;
  readonly text: string;
}

/**
 * Reads every setting of a schema, flags before environment before defaults.
 * @throws ConfigError with every problem at once, or HelpRequested
 */
export function readConfig<S extends z.ZodObject>(
  app: string,
  schema: S,
  argv: readonly string[],
  env: Environment,
): z.output<S> {
  const settings = settingsOf(schema);
  const flags = parseFlags(settings, argv);
  if (flags.help) throw new HelpRequested(usage(app, settings));

  const given = settings.flatMap((setting) => find(setting, flags.values.get(setting), env) ?? []);
  const result = schema.safeParse(nest(settings, given));
  const refused = result.error?.issues.map((issue) => describe(issue, settings, given)) ?? [];
  const problems = [...flags.problems, ...refused];
  if (!result.success || problems.length > 0) throw new ConfigError(app, problems);
  return result.data;
}

function find(setting: Setting, flag: string | undefined, env: Environment): Given | undefined {
  if (flag !== undefined) return { setting, source: setting.flag ?? '', text: flag };
  const text = setting.env === undefined ? undefined : env[setting.env];
  return text === undefined || text === '' ? undefined : { setting, source: setting.env ?? '', text };
}

interface Tree {
  [key: string]: Tree | string;
}

/** The texts in the shape of the schema; a part of which nothing was given is there, but empty. */
function nest(settings: readonly Setting[], given: readonly Given[]): Tree {
  const root: Tree = {};
  const branch = (path: readonly string[]): Tree =>
    path.slice(0, -1).reduce<Tree>((tree, key) => {
      const next = tree[key];
      return typeof next === 'object' ? next : (tree[key] = {});
    }, root);
  for (const { path } of settings) branch(path);
  for (const { setting, text } of given) branch(setting.path)[setting.path.at(-1) ?? ''] = text;
  return root;
}

function describe(issue: z.core.$ZodIssue, settings: readonly Setting[], given: readonly Given[]): Problem {
  const place = issue.path.join('.');
  const found = given.find(({ setting }) => setting.path.join('.') === place);
  if (found !== undefined) {
    const received = found.setting.secret === true ? 'a value (not shown)' : quote(found.text);
    return { name: found.source, received, expected: issue.message };
  }
  const setting = settings.find(({ path }) => path.join('.') === place);
  const name = [setting?.flag, setting?.env].filter((part) => part !== undefined).join(' or ');
  return { name, received: `nothing (${setting?.fallback ?? 'no default'})`, expected: issue.message };
}
