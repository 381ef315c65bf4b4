import { readFileSync } from 'node:fs';

/** The version of this package: one file, read once at the start, from the sources as from the build. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
