import { Module, type DynamicModule } from '@nestjs/common';
import { ComputedCache } from '@mcp-cluster/cache';
import { systemClock, systemRng, type Background } from '@mcp-cluster/kernel';
import { Registry, type Announcer, type Jobs } from '@mcp-cluster/protocol';
import { ANNOUNCER, BACKGROUND, CLOCK, JOBS, McpToolsModule, RNG } from '@mcp-cluster/tools/nest';
import { FolderWatcher } from './files/folder.watcher.js';
import { ServedFolders } from './files/served-folders.js';
import { CRAWL_ALLOW, DATA_DIR, LOG_SUMMARY_BYTES, LOGS_DIR } from './files/folders.js';

export interface NodeModuleOptions {
  readonly registry: Registry;
  /** Folders whose tools, resources and prompts this node serves. */
  readonly folders: readonly URL[];
  readonly settings: NodeModuleSettings;
  readonly announcer: Announcer;
  readonly background: Background;
  readonly jobs: Jobs;
  /** What tools keep of what they compute. */
  readonly computed: ComputedCache;
}

/** What the tools that come with the node may be told. */
export interface NodeModuleSettings {
  readonly dataDir: string;
  readonly logsDir: string;
  readonly logSummaryBytes: number;
  readonly crawlAllow: readonly string[];
}

/** The node as Nest sees it: the tools and what they may ask for. */
@Module({})
export class NodeModule {
  static async create({
    registry,
    folders,
    settings,
    announcer,
    background,
    jobs,
    computed,
  }: NodeModuleOptions): Promise<DynamicModule> {
    const tools = await McpToolsModule.forFolders(folders, {
      providers: [
        { provide: Registry, useValue: registry },
        { provide: CLOCK, useValue: systemClock },
        { provide: RNG, useValue: systemRng },
        { provide: ANNOUNCER, useValue: announcer },
        { provide: BACKGROUND, useValue: background },
        { provide: JOBS, useValue: jobs },
        { provide: ComputedCache, useValue: computed },
        { provide: DATA_DIR, useValue: settings.dataDir },
        { provide: LOGS_DIR, useValue: settings.logsDir },
        { provide: LOG_SUMMARY_BYTES, useValue: settings.logSummaryBytes },
        { provide: CRAWL_ALLOW, useValue: settings.crawlAllow },
        ServedFolders,
        FolderWatcher,
      ],
    });
    return { module: NodeModule, imports: [tools] };
  }
}
