import type { Clock } from '@mcp-cluster/kernel';
import { CLOCK } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { resolve } from 'node:path';
import { FolderListing } from './folder-listing.js';
import { DATA_DIR, LOGS_DIR } from './folders.js';
import { isBelow, isGoodName } from './guarded-file.js';
import { nameBelow, ServedFolder } from './served-folder.js';

/** The files of the data folder that are text, by their endings. */
const DATA_TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.tsv': 'text/tab-separated-values',
  '.json': 'application/json',
  '.ndjson': 'application/x-ndjson',
  '.jsonl': 'application/x-ndjson',
  '.txt': 'text/plain',
  '.md': 'text/markdown',
};

/** The two folders of this node whose files are resources, each with its list. */
@Injectable()
export class ServedFolders {
  readonly logs: FolderListing;
  readonly data: FolderListing;

  constructor(@Inject(DATA_DIR) dataDir: string, @Inject(LOGS_DIR) logsDir: string, @Inject(CLOCK) clock: Clock) {
    const logs = {
      path: logsDir,
      field: 'filename',
      title: 'log folder',
      extensions: [],
      expected: 'a file below the log folder, for example "cluster.log"',
    };
    const endings = Object.keys(DATA_TYPES);
    const data = {
      path: dataDir,
      except: logsDir,
      field: 'file',
      title: 'data folder',
      extensions: endings,
      expected: `a file below the data folder that ends in ${endings.join(', ')}, for example "measurements.csv"`,
    };
    this.logs = new FolderListing(new ServedFolder('logs', logs, {}), clock);
    this.data = new FolderListing(new ServedFolder('data', data, DATA_TYPES), clock);
  }

  /** The URI and the type of a file of the data folder that is a resource. */
  resourceOf(name: string): { uri: string; mimeType: string } | undefined {
    const logs = this.logs.folder;
    const data = this.data.folder;
    const path = resolve(data.guarded.path, name);
    const logsPath = resolve(logs.guarded.path);
    if (isBelow(logsPath, path)) {
      const logName = nameBelow(logsPath, path);
      return { uri: logs.uriOf(logName), mimeType: logs.mimeTypeOf(logName) };
    }
    return isGoodName(data.guarded, name) ? { uri: data.uriOf(name), mimeType: data.mimeTypeOf(name) } : undefined;
  }
}
