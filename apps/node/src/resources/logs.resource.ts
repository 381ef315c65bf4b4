import { Resource, type ToolContext } from '@mcp-cluster/tools';
import { Inject, Injectable } from '@nestjs/common';
import { LOG_SUMMARY_BYTES } from '../files/folders.js';
import { describeLog } from '../files/overview-text.js';
import { ServedFolders } from '../files/served-folders.js';
import { TextFileReader } from '../files/text-file.reader.js';
import { resourceError } from './resource-error.js';

/** S12: how many of the last lines a summary shows. As many first ones are looked through for a timestamp. */
const SHOWN_LINES = 100;

/** The log files of this node (S12). */
@Injectable()
export class LogsResource {
  private readonly reader: TextFileReader;

  constructor(
    private readonly folders: ServedFolders,
    @Inject(LOG_SUMMARY_BYTES) summaryBytes: number,
  ) {
    this.reader = new TextFileReader({
      folder: folders.logs.folder,
      wholeBytes: summaryBytes,
      summary: { head: SHOWN_LINES, tail: SHOWN_LINES, levels: true },
      describe: describeLog,
    });
  }

  @Resource({
    uriTemplate: 'logs://{filename}',
    name: 'logs',
    title: 'Log files',
    description:
      'A log file. A large one comes as a summary (lines by level, timestamps), its last 100 lines and links to byte ranges; ?bytes=START-END gives any part. A "/" in the name is written %2F.',
    mimeType: 'text/plain',
    complete: {
      filename(this: LogsResource, typed: string) {
        return this.folders.logs.complete(typed);
      },
    },
    list(this: LogsResource) {
      return this.folders.logs.files();
    },
  })
  async readLog({ filename }: { filename: string }, context: ToolContext, uri: string) {
    return this.reader.read(filename, context, uri).catch((thrown: unknown) => {
      throw resourceError(thrown, uri, context.era);
    });
  }
}
