import { UsageError } from '../command-line.js';

/** Flags that say what the cache is to forget, beside `--all`. */
export const TARGET_FLAGS = ['tool', 'resource', 'uri', 'tag', 'key'] as const;
type TargetFlag = (typeof TARGET_FLAGS)[number];

/** One member: the body that the admin API takes. */
export type ForgottenTarget = Readonly<Partial<Record<TargetFlag, string> & { all: true }>>;

/** What parseArgs made of the flags. */
export type TargetValues = Readonly<Partial<Record<TargetFlag, string> & { all: boolean }>>;

export type CacheWords =
  { readonly verb: 'cache' } | { readonly verb: 'cache invalidate'; readonly target: ForgottenTarget };

const ONE_OF = 'one of --tool NAME, --resource NAME, --uri URI, --tag TAG, --key ID, --all';

/** Reads what comes after `cache`. @throws UsageError */
export function readCacheWords(words: readonly string[], values: TargetValues): CacheWords {
  const [what, ...more] = words;
  const targets = givenTargets(values);
  if (more.length > 0 || (what !== undefined && what !== 'invalidate'))
    throw new UsageError(`cache: expected invalidate or nothing, got "${words.join(' ')}"`);
  if (what === undefined) {
    refuseTargets('cache', values);
    return { verb: 'cache' };
  }
  const [target] = targets;
  if (target === undefined || targets.length > 1) {
    const got = targets.flatMap((one) => Object.keys(one)).map((name) => `--${name}`);
    throw new UsageError(`cache invalidate: expected ${ONE_OF}, got ${got.join(' and ') || 'none'}`);
  }
  return { verb: 'cache invalidate', target };
}

/** @throws UsageError when there is a flag that only `cache invalidate` knows */
export function refuseTargets(verb: string, values: TargetValues): void {
  const name = givenTargets(values).flatMap((target) => Object.keys(target))[0];
  if (name !== undefined) throw new UsageError(`--${name}: expected with cache invalidate, got "${verb}"`);
}

function givenTargets(values: TargetValues): ForgottenTarget[] {
  const named = TARGET_FLAGS.flatMap((flag) => {
    const name = values[flag];
    if (name === '') throw new UsageError(`--${flag}: expected a name, got ""`);
    return name === undefined ? [] : [{ [flag]: name }];
  });
  return values.all === true ? [...named, { all: true }] : named;
}
