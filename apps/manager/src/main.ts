import { ConfigError, currentEnvironment, HelpRequested, readManagerConfig } from '@mcp-cluster/config';
import { asError, systemClock } from '@mcp-cluster/kernel';
import { StopSignals } from './lifecycle/stop-signals.js';
import { startManager, type RunningManager } from './manager.js';

/** The exit code of a process that a signal ended: 128 and SIGINT's number. */
const EXIT_INTERRUPTED = 130;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function exitWith(code: number, thrown: unknown): never {
  process.stderr.write(`${asError(thrown).message}\n`);
  process.exit(code);
}

function stopOnSignals(manager: RunningManager): void {
  const drain = (): void => {
    manager.stop().then(
      () => process.exit(0),
      (thrown: unknown) => exitWith(1, thrown),
    );
  };
  const exitNow = (): void => {
    manager.kill();
    process.exit(EXIT_INTERRUPTED);
  };
  const { received } = new StopSignals(systemClock, drain, exitNow);
  process.on('SIGINT', received);
  process.on('SIGTERM', received);
}

async function main(): Promise<void> {
  const { argv, env } = currentEnvironment();
  const config = readManagerConfig(argv, env);
  const manager = await startManager(config, env);
  stopOnSignals(manager);
  // An address that listens on everything is no address to call.
  const host = (bound: string): string => (bound === '0.0.0.0' || bound === '::' ? '127.0.0.1' : bound);
  print(`MCP     http://${host(config.mcp.host)}:${String(manager.ports.mcp)}/mcp`);
  print(`admin   http://${host(config.admin.host)}:${String(manager.ports.admin)}/admin/nodes`);
  print(`metrics http://${host(config.management.host)}:${String(manager.ports.management)}/metrics`);
  print(`redis   ${manager.redis}`);
  await manager.ready;
  print('ready');
}

main().catch((thrown: unknown) => {
  if (thrown instanceof HelpRequested) {
    print(thrown.message);
    process.exit(thrown.exitCode);
  }
  exitWith(thrown instanceof ConfigError ? thrown.exitCode : 1, thrown);
});
