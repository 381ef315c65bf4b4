/**
 * Cached tools and a cached resource that say how often they really ran: each run appends a line to the file that the
 * variable LOOKUP_LOG names, whichever node it is on. Plain JavaScript, as a folder for `--tools` needs it; hence the
 * decorators are applied by hand.
 */
import { appendFileSync, existsSync } from 'node:fs';
import process from 'node:process';
import { sleep, systemClock } from '@mcp-cluster/kernel';
import { Resource, Tool } from '@mcp-cluster/tools';
import { z } from 'zod';

const MINUTE_MS = 60_000;
const input = z.object({
  key: z.string().max(200),
  bytes: z.int().min(1).max(2_000_000).default(20),
  delayMs: z.int().min(0).max(60_000).default(0),
});
const readOnly = { readOnlyHint: true, idempotentHint: true };

let runs = 0;

/** Appends one line: a short append is whole, whoever else writes. While the file's neighbour `.fail` exists, it throws. */
async function run(what, key, delayMs, signal) {
  runs += 1;
  const number = runs;
  const log = process.env['LOOKUP_LOG'];
  if (log !== undefined) appendFileSync(log, `${what} ${key} ${process.pid}\n`);
  if (delayMs > 0) await sleep(systemClock, delayMs, signal);
  if (log !== undefined && existsSync(`${log}.fail`)) throw new Error('the source of lookups is down');
  return `${key} ${process.pid}.${number} `;
}

export class LookupTool {
  async lookup({ key, bytes, delayMs }, context) {
    return (await run('lookup', key, delayMs, context.signal)).padEnd(bytes, 'x');
  }

  async shortLookup({ key, delayMs }, context) {
    return run('short_lookup', key, delayMs, context.signal);
  }

  async read({ key }, context) {
    return run('read', key, 0, context.signal);
  }
}

const descriptor = (name) => Object.getOwnPropertyDescriptor(LookupTool.prototype, name);

Tool({
  name: 'lookup',
  description: 'Looks something up, and keeps it for a minute.',
  input,
  annotations: readOnly,
  cache: { scope: 'public', ttlMs: MINUTE_MS, tags: ['lookups'] },
})(LookupTool.prototype, 'lookup', descriptor('lookup'));

Tool({
  name: 'short_lookup',
  description: 'Looks something up that is old after half a second, and is served old while its source is down.',
  input,
  annotations: readOnly,
  cache: { scope: 'public', ttlMs: 500, staleIfErrorMs: MINUTE_MS },
})(LookupTool.prototype, 'shortLookup', descriptor('shortLookup'));

Resource({
  uriTemplate: 'lookup://{key}',
  name: 'lookup',
  description: 'Something that was looked up.',
  mimeType: 'text/plain',
  cache: { scope: 'public', ttlMs: MINUTE_MS },
})(LookupTool.prototype, 'read', descriptor('read'));
