import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../harness/machine.ts';

const require = createRequire(join(ROOT, 'bench/peers/package.json'));

/** What the two libraries of block compressors have in common, as far as it is used here. */
interface BlockLibrary {
  compressSync(bytes: Buffer): Buffer;
  uncompressSync(bytes: Buffer): Buffer;
}

export interface MessagePackLibrary {
  Packr: new (options: { useRecords: boolean; variableMapSize: boolean }) => {
    pack(value: unknown): Buffer;
    unpack(bytes: Buffer): unknown;
  };
}

/** Those that are not installed, for the report. */
export const MISSING: string[] = [];

/** A library of bench/peers, or undefined where it is not there. */
function peer(name: string): unknown {
  try {
    return require(name) as unknown;
  } catch {
    MISSING.push(name);
    console.error(`${name} is not measured: npm ci --prefix bench/peers --ignore-scripts installs it`);
    return undefined;
  }
}

export const lz4 = peer('lz4-napi') as BlockLibrary | undefined;
export const snappy = peer('snappy') as BlockLibrary | undefined;
export const msgpackr = peer('msgpackr') as MessagePackLibrary | undefined;
