import { Resource, type ToolContext } from '@mcp-cluster/tools';
import { Inject, Injectable } from '@nestjs/common';
import { LOG_SUMMARY_BYTES } from '../files/folders.js';
import { describeData } from '../files/overview-text.js';
import { ServedFolders } from '../files/served-folders.js';
import { TextFileReader } from '../files/text-file.reader.js';
import { resourceError } from './resource-error.js';

/** A header and twenty rows show what a table is about. */
const SHOWN_LINES = 21;

/** The CSV, NDJSON, JSON and text files of this node's data folder. */
@Injectable()
export class DataResource {
  private readonly reader: TextFileReader;

  constructor(
    private readonly folders: ServedFolders,
    @Inject(LOG_SUMMARY_BYTES) summaryBytes: number,
  ) {
    this.reader = new TextFileReader({
      folder: folders.data.folder,
      wholeBytes: summaryBytes,
      summary: { head: SHOWN_LINES, tail: 0, levels: false },
      describe: describeData,
    });
  }

  @Resource({
    uriTemplate: 'data://{file}',
    name: 'data',
    title: 'Data files',
    description:
      'A CSV, NDJSON, JSON or text file of the data folder. A large one comes as a summary with its header, first lines and links to byte ranges; ?bytes=START-END gives any part. A "/" in the name is written %2F.',
    // Each node watches the folder, so that a change is seen at once; a minute where watching does not work.
    cache: { ttlMs: 60_000, scope: 'public' },
    complete: {
      file(this: DataResource, typed: string) {
        return this.folders.data.complete(typed);
      },
    },
    list(this: DataResource) {
      return this.folders.data.files();
    },
  })
  async readData({ file }: { file: string }, context: ToolContext, uri: string) {
    return this.reader.read(file, context, uri).catch((thrown: unknown) => {
      throw resourceError(thrown, uri, context.era);
    });
  }
}
