import { LocalError } from '@mcp-cluster/kernel';

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** The flag (`--port`) or the environment variable (`MCP_PORT`) to change. */
  readonly name: string;
  /** What came, ready to print: quoted and cut, and never the value of a secret. */
  readonly received: string;
  /** What would have been right. */
  readonly expected: string;
}

/**
 * The configuration cannot be used (`CONFIG_INVALID`). Holds every problem at once, so that one start is
 * enough to learn them all. Apps print `message` on stderr and exit with `exitCode`.
 */
export class ConfigError extends LocalError {
  readonly exitCode = 2;

  constructor(
    app: string,
    readonly problems: readonly Problem[],
  ) {
    const lines = problems.map(({ name, received, expected }) => `  ${name}: got ${received}, expected ${expected}`);
    const count = problems.length === 1 ? '1 problem' : `${String(problems.length)} problems`;
    super('CONFIG_INVALID', [`${count} with the configuration of the ${app}:`, ...lines].join('\n'));
    this.name = 'ConfigError';
  }
}

/** `--help` was given (`CONFIG_HELP`). Apps print `message`, the whole table, on stdout and exit with `exitCode`. */
export class HelpRequested extends LocalError {
  readonly exitCode = 0;

  constructor(usage: string) {
    super('CONFIG_HELP', usage);
    this.name = 'HelpRequested';
  }
}
