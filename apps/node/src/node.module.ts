import { Module, type DynamicModule } from '@nestjs/common';
import { systemClock, systemRng } from '@mcp-cluster/kernel';
import { Registry } from '@mcp-cluster/protocol';
import { CLOCK, McpToolsModule, RNG } from '@mcp-cluster/tools/nest';
import { DATA_DIR } from './tools/data-dir.js';

export interface NodeModuleOptions {
  readonly registry: Registry;
  /** Folders whose tools, resources and prompts this node serves. */
  readonly folders: readonly URL[];
  readonly dataDir: string;
}

/** The node as Nest sees it: the tools and what they may ask for. */
@Module({})
export class NodeModule {
  static async create({ registry, folders, dataDir }: NodeModuleOptions): Promise<DynamicModule> {
    const tools = await McpToolsModule.forFolders(folders, {
      providers: [
        { provide: Registry, useValue: registry },
        { provide: CLOCK, useValue: systemClock },
        { provide: RNG, useValue: systemRng },
        { provide: DATA_DIR, useValue: dataDir },
      ],
    });
    return { module: NodeModule, imports: [tools] };
  }
}
