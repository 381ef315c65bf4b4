import 'reflect-metadata';
import { LocalError } from '@mcp-cluster/kernel';
import { readdir } from 'node:fs/promises';
import { isDecoratedClass, type Class } from '../declarations.js';

/** A class found in a tool folder. */
export interface FoundClass {
  readonly type: Class;
  /** The path of its file below its folder, for errors. */
  readonly file: string;
}

/** What a tool author's file is called. Tests and type declarations end differently and so stay out. */
const TOOL_FILE = /\.(?:tool|resource|prompt)\.(?:js|ts)$/;

/**
 * Imports every `*.tool`, `*.resource` and `*.prompt` file below a folder, in the order of their names, so
 * that each node lists the same things in the same order.
 * @param folder a directory's `file:` URL, for example `new URL('./tools/', import.meta.url)`
 * @throws LocalError `tools.no_folder`, `tools.empty_folder`, `tools.import_failed`, `tools.no_class`, `tools.not_injectable`
 */
export async function loadToolFolder(folder: URL): Promise<FoundClass[]> {
  const files = await listToolFiles(folder);
  const found: FoundClass[] = [];
  for (const file of files) found.push(...(await loadToolFile(folder, file)));
  return found;
}

async function listToolFiles(folder: URL): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new LocalError('tools.no_folder', `tool folder ${folder.pathname} cannot be read`, { cause });
  });
  const files = names.filter((name) => TOOL_FILE.test(name)).sort();
  if (files.length === 0) {
    throw new LocalError(
      'tools.empty_folder',
      `tool folder ${folder.pathname} has no file named *.tool.js, *.resource.js or *.prompt.js`,
    );
  }
  return files;
}

async function loadToolFile(folder: URL, file: string): Promise<FoundClass[]> {
  const url = new URL(file.split(/[\\/]/).map(encodeURIComponent).join('/'), asDirectory(folder));
  const exports = await importModule(url, file);
  const types = Object.values(exports).filter(isDecoratedClass);
  if (types.length === 0) {
    throw new LocalError(
      'tools.no_class',
      `${file}: exports no class with a method that carries @Tool, @Resource or @Prompt`,
    );
  }
  for (const type of types) requireInjectable(type, file);
  return types.map((type) => ({ type, file }));
}

async function importModule(url: URL, file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url.href)) as Record<string, unknown>;
  } catch (cause) {
    throw new LocalError('tools.import_failed', `${file}: cannot be imported: ${String(cause)}`, { cause });
  }
}

/** Nest learns a constructor's types only from a decorated class; without it every parameter would be undefined. */
function requireInjectable(type: Class, file: string): void {
  if (type.length === 0 || Reflect.hasMetadata('design:paramtypes', type)) return;
  throw new LocalError(
    'tools.not_injectable',
    `${file}: ${type.name} takes ${String(type.length)} constructor parameters but carries no @Injectable()`,
  );
}

function asDirectory(folder: URL): URL {
  return folder.pathname.endsWith('/') ? folder : new URL(`${folder.href}/`);
}
