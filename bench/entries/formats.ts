import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { constants, zstdCompressSync } from 'node:zlib';
import { deserialise, serialise } from '@mcp-cluster/cache';
import { ROOT } from '../harness/machine.ts';
import { msgpackr } from './peers.ts';
import type { Sample } from './samples.ts';
import { microsecondsOf } from './timing.ts';

export interface FormatRun {
  readonly value: string;
  readonly format: string;
  /** The one that the serialiser chooses. */
  readonly chosen: boolean;
  readonly bytes: number;
  /** The same after zstd 1. */
  readonly compressedBytes: number;
  readonly writeMicros: number;
  readonly readMicros: number;
}

interface Format {
  readonly name: string;
  readonly write: (value: unknown) => Uint8Array;
  readonly read: (bytes: Uint8Array) => unknown;
}

/** Rows of the sample events: values as a tool computes them. */
const ROWS = [2, 5, 10, 25, 50, 100, 500];

/** The formats on values as tools have them: structured results, and tables of some rows. */
export async function measureFormats(samples: readonly Sample[]): Promise<FormatRun[]> {
  const runs: FormatRun[] = [];
  for (const [name, value] of valuesOf(samples)) {
    const { format: choice } = serialise(value);
    for (const { name: format, write, read } of formats()) {
      const bytes = Buffer.from(write(value));
      runs.push({
        value: name,
        format,
        chosen: format === choice,
        bytes: bytes.length,
        compressedBytes: zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }).length,
        writeMicros: await microsecondsOf(() => write(value)),
        readMicros: await microsecondsOf(() => read(bytes)),
      });
    }
  }
  return runs;
}

function formats(): Format[] {
  const all: Format[] = [
    { name: 'json', write: asJson, read: (bytes) => (deserialise('json', bytes) as [unknown])[0] },
    { name: 'messagepack', write: asMessagePack, read: (bytes) => (deserialise('messagepack', bytes) as [unknown])[0] },
    { name: 'v8.serialize', write: serialize, read: (bytes) => deserialize(bytes) as unknown },
  ];
  if (msgpackr !== undefined) {
    const maps = new msgpackr.Packr({ useRecords: false, variableMapSize: true });
    all.push({
      name: 'messagepack without records',
      write: (value) => maps.pack(value),
      read: (bytes) => maps.unpack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
    });
  }
  return all;
}

/** As the serialiser writes it when it chooses JSON: half a surrogate pair, which MessagePack does not have, makes it do so. */
function asJson(value: unknown): Uint8Array {
  return serialise([value, '\ud800']).bytes;
}

/** The same for MessagePack: JSON has no undefined. */
function asMessagePack(value: unknown): Uint8Array {
  return serialise([value, undefined]).bytes;
}

function valuesOf(samples: readonly Sample[]): [name: string, value: unknown][] {
  const lines = readFileSync(join(ROOT, 'data/events.ndjson'), 'utf8').trim().split('\n');
  const rows = lines.map((line): unknown => JSON.parse(line));
  const tables = ROWS.map((count): [string, unknown] => {
    const table = rows.slice(0, count);
    return [`${String(table.length)} rows, ${kilobytes(JSON.stringify(table).length)}`, table];
  });
  const results = samples
    .filter(({ name }) => !name.includes('://'))
    .map(({ name, text }): [string, unknown] => [`${name}, ${kilobytes(text.length)}`, JSON.parse(text)]);
  return [...results, ...tables];
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
