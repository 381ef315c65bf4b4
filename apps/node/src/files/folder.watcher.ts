import { asError, type Background, type Clock } from '@mcp-cluster/kernel';
import type { Announcer } from '@mcp-cluster/protocol';
import { ANNOUNCER, BACKGROUND, CLOCK } from '@mcp-cluster/tools/nest';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { watch, type FSWatcher, type Matcher } from 'chokidar';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ChangeThrottle } from './change-throttle.js';
import type { FolderListing } from './folder-listing.js';
import { isBelow } from './guarded-file.js';
import { MAX_FOLDER_DEPTH, nameBelow } from './served-folder.js';
import { ServedFolders } from './served-folders.js';

/** One failure a minute is reported: a system out of watches fails once a folder. */
const REPORT_INTERVAL_MS = 60_000;

/**
 * Watches the folders whose files are resources and tells this node's subscribers what changed: a changed file as an
 * updated resource, one that came or went also as a change of the list. Watching is a service on top: where the
 * system refuses it, the failure is counted and the node serves without it.
 */
@Injectable()
export class FolderWatcher implements OnModuleInit, OnModuleDestroy {
  /** Failures since the start. */
  failures = 0;
  private watchers: FSWatcher[] = [];
  private readonly known: Promise<void>[] = [];
  private readonly lists: ChangeThrottle;
  private readonly resources: ChangeThrottle;
  private readonly reports: ChangeThrottle;
  private lastFailure: unknown;

  constructor(
    private readonly folders: ServedFolders,
    @Inject(ANNOUNCER) private readonly announcer: Announcer,
    @Inject(BACKGROUND) private readonly background: Background,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.lists = new ChangeThrottle(clock, () => {
      this.announce(() => {
        this.announcer.listChanged('resources');
      });
    });
    this.resources = new ChangeThrottle(clock, (uri) => {
      this.announce(() => {
        this.announcer.resourceUpdated(uri);
      });
    });
    this.reports = new ChangeThrottle(
      clock,
      () => {
        const error = asError(this.lastFailure);
        this.background.run('watch-files', () => Promise.reject(error));
      },
      REPORT_INTERVAL_MS,
    );
  }

  async onModuleInit(): Promise<void> {
    const { logs, data } = this.folders;
    this.watchers = [await this.watchFolder(logs), await this.watchFolder(data)];
  }

  /** Resolves when the files that are there now are known: what comes after it is told. */
  async ready(): Promise<void> {
    await Promise.all(this.known);
  }

  async onModuleDestroy(): Promise<void> {
    for (const throttle of [this.lists, this.resources, this.reports]) throttle.stop();
    await Promise.all(
      this.watchers.map((watcher) =>
        watcher.close().catch((error: unknown) => {
          this.fail(error);
        }),
      ),
    );
  }

  private async watchFolder(listing: FolderListing): Promise<FSWatcher> {
    const { path, except } = listing.folder.guarded;
    // The folder itself may be a link, and links are not followed below. One that is not there is waited for.
    const root = await trueOf(path);
    const watcher = watch(root, {
      ignoreInitial: true,
      // The process lives as long as it serves, not as long as it watches.
      persistent: false,
      // A link may lead to the whole disk.
      followSymlinks: false,
      depth: MAX_FOLDER_DEPTH,
      ...(await ignoring(root, except)),
    });
    const known = new Promise<void>((resolveKnown) => {
      watcher.once('ready', () => {
        resolveKnown();
      });
    });
    this.known.push(known);
    watcher.on('error', (error) => {
      this.fail(error);
    });
    watcher.on('all', (event, changed) => {
      const name = nameBelow(root, changed);
      if (event === 'addDir' || event === 'unlinkDir' || !listing.folder.shows(name)) return;
      if (event !== 'change') {
        // Before anybody is told: who asks for the list then must not get the old one.
        listing.forget();
        this.lists.changed('resources');
      }
      this.resources.changed(listing.folder.uriOf(name));
    });
    return watcher;
  }

  private announce(tell: () => void): void {
    // A subscriber's broken stream must not end the process by way of a file event or a timer.
    this.background.run('announce-files', () => Promise.resolve().then(tell));
  }

  private fail(error: unknown): void {
    this.failures += 1;
    this.lastFailure = error;
    this.reports.changed('failure');
  }
}

/** The folder inside whose files do not belong to this one, or may not be there yet. */
async function ignoring(root: string, except: string | undefined): Promise<{ ignored?: Matcher }> {
  if (except === undefined) return {};
  const path = await trueOf(except);
  return isBelow(root, path) ? { ignored: { path, recursive: true } } : {};
}

async function trueOf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
