import { reportRows, Resource, type ToolContext } from '@mcp-cluster/tools';
import { DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { reasonOf } from './data-file.js';
import { checksumOf, listFiles } from './file-checksum.js';

/** A reading is held in memory to be sent: 80 bytes a file. */
const MAX_FILES = 1_000;

/**
 * What `hash_folder` left out. The URI alone says where to go on, so any node of the cluster can answer it, also one
 * that never saw the tool's call.
 */
@Injectable()
export class ChecksumsResource {
  constructor(@Inject(DATA_DIR) private readonly dataDir: string) {}

  @Resource({
    uriTemplate: 'checksums://after/{name}',
    name: 'checksums',
    description: 'The SHA-256 of the files whose names come after the given one, as `sha256sum` writes them.',
    mimeType: 'text/plain',
  })
  async checksums({ name: after }: { name: string }, context: ToolContext) {
    const names = (await listFiles(this.dataDir)).filter((name) => name > after);
    const wanted = names.slice(0, MAX_FILES);
    const lines: string[] = [];
    for (const [index, name] of wanted.entries()) {
      try {
        lines.push(`${(await checksumOf(this.dataDir, name, context)).sha256}  ${name}`);
      } catch (thrown) {
        context.throwIfCancelled();
        lines.push(`# ${reasonOf(thrown)}`);
      }
      reportRows(context, index + 1, wanted.length, 'files');
    }
    if (names.length > wanted.length) lines.push(`# go on with checksums://after/${wanted.at(-1) ?? ''}`);
    return lines.map((line) => `${line}\n`).join('');
  }
}
