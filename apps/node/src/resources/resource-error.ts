import { Code, invalidParams, preview, WireError, type Era } from '@mcp-cluster/protocol';
import { FileError } from '../files/file.errors.js';

/**
 * What the client sees when a file cannot be given as a resource. A name that leads nowhere is answered as any
 * other resource that is not there; what the caller can put right names its field; what only the operator can put
 * right is no client's error. Everything else goes on as it is.
 */
export function resourceError(thrown: unknown, uri: string, era: Era): unknown {
  if (!(thrown instanceof FileError)) return thrown;
  switch (thrown.problem) {
    case 'missing': {
      // 2026-07-28 took -32002 back in favour of -32602.
      const code = era === 'stateless' ? Code.InvalidParams : Code.ResourceNotFound;
      return new WireError(code, `Resource not found: ${preview(uri)}`, { uri });
    }
    case 'refused':
    case 'not_text':
    case 'bad_range':
      return invalidParams(thrown.message);
    case 'unreadable':
    case 'cut_short':
      return new WireError(Code.InternalError, thrown.message);
  }
}
