import { Module, type DynamicModule, type ModuleMetadata, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { loadToolFolder } from './tool-folder.js';
import { FOUND_CLASSES, ToolRegistrar } from './tool-registrar.js';

/** What the tools' constructors may ask for. */
export interface McpToolsOptions {
  imports?: NonNullable<ModuleMetadata['imports']>;
  providers?: Provider[];
}

/** Finds the application's tools, resources and prompts and puts them into the `Registry` that DI gives. */
@Module({})
export class McpToolsModule {
  /**
   * Loads the tool files below the folders; see `loadToolFolder`. Import it once: the registrar looks at the
   * providers of the whole application.
   * @param folders directories as `file:` URLs, for example `new URL('./tools/', import.meta.url)`
   * @param options where the tools' dependencies and the `Registry` come from, unless a global module has them
   */
  static async forFolders(folders: readonly URL[], options: McpToolsOptions = {}): Promise<DynamicModule> {
    const found = (await Promise.all(folders.map(loadToolFolder))).flat();
    return {
      module: McpToolsModule,
      imports: [DiscoveryModule, ...(options.imports ?? [])],
      providers: [
        ...(options.providers ?? []),
        ...found.map(({ type }) => type as Provider),
        { provide: FOUND_CLASSES, useValue: found },
        ToolRegistrar,
      ],
    };
  }
}
