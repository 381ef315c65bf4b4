import { ToolError } from '@mcp-cluster/tools';

/** Why a file could not be given. Each has its own answer at the edge: see resources/resource-error.ts. */
export type FileProblem =
  /** The name leads elsewhere, or to what is no file of this folder. */
  | 'refused'
  /** There is no such file, or no such folder. */
  | 'missing'
  /** It is there, but this process may not read it. */
  | 'unreadable'
  /** Text was wanted, and its bytes are none. */
  | 'not_text'
  /** The byte range is malformed, too long or outside the file. */
  | 'bad_range'
  /** It became shorter while it was read. */
  | 'cut_short';

/** An expected failure around a file that a caller named. A tool may throw it as it is. */
export class FileError extends ToolError {
  constructor(
    readonly problem: FileProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'FileError';
  }
}
