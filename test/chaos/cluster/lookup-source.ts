import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A time that the source was asked. */
export interface Load {
  readonly what: string;
  readonly key: string;
  readonly pid: number;
}

/** What cached tools look things up in: it counts, and it can be down. */
export class LookupSource {
  private readonly folder = mkdtempSync(join(tmpdir(), 'mcp-chaos-source-'));
  /** For the environment of nodes, as LOOKUP_LOG. */
  readonly log = join(this.folder, 'log');

  constructor() {
    writeFileSync(this.log, '');
  }

  /** In their order. @param key all keys that begin with it */
  loads(key = ''): Load[] {
    const lines = readFileSync(this.log, 'utf8').split('\n').slice(0, -1);
    const loads = lines.map((line) => {
      const [what = '', asked = '', pid = ''] = line.split(' ');
      return { what, key: asked, pid: Number(pid) };
    });
    return loads.filter((load) => load.key.startsWith(key));
  }

  down(): void {
    writeFileSync(`${this.log}.fail`, '');
  }

  up(): void {
    rmSync(`${this.log}.fail`, { force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
