// The sample data, and the same at a size at which a progress bar has time to move.
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from '../paths.mjs';

/** Bytes of the large files, about: seconds of work each. */
const LARGE_CSV = 48_000_000;
const LARGE_LOG = 200_000_000;
/** Bytes that are written at a time. */
const BLOCK = 4_000_000;

/** A folder in the place for temporary files; `remove` when done. */
export function makeDataFolder() {
  const sample = at('data', 'logs', 'cluster.log');
  if (!existsSync(sample)) throw new Error('data/logs/cluster.log is missing: node data/generate-logs.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'mcp-recording-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    cpSync(at('data'), folder, { recursive: true });
    const csv = readFileSync(at('data', 'measurements.csv'));
    const header = csv.indexOf('\n') + 1;
    repeat(join(folder, 'large.csv'), csv.subarray(0, header), csv.subarray(header), LARGE_CSV);
    repeat(join(folder, 'logs', 'large.log'), Buffer.alloc(0), readFileSync(sample), LARGE_LOG);
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}

function repeat(path, head, part, bytes) {
  writeFileSync(path, head);
  const block = Buffer.concat(Array.from({ length: Math.ceil(BLOCK / part.length) }, () => part));
  for (let written = 0; written < bytes; written += block.length) appendFileSync(path, block);
}
