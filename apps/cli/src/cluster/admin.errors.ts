import { LocalError } from '@mcp-cluster/kernel';

/** The manager cannot be reached, or what answers is none. */
export class AdminUnreachableError extends LocalError {
  constructor(where: string, why: string, options?: ErrorOptions) {
    super('cli.unreachable', `${where}: ${why}`, options);
  }
}

/** The manager refused, or what it was told to do failed. */
export class AdminRefusedError extends LocalError {
  constructor(code: string, message: string) {
    super('cli.refused', `${message} (${code})`);
  }
}
