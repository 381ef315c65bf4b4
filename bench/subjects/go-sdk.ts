import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, findProgram } from '../harness/machine.ts';
import { statelessCall } from '../harness/mcp-call.ts';
import type { Skipped, Subject } from './subject.ts';

/** As in go-sdk/go.mod. */
const VERSION = '1.8.0';

/** Compiles the Go subject into the user's cache; Go's own cache makes the second time quick. */
export function goSdkSubject(): Subject | Skipped {
  const subject = { name: 'go-sdk', title: `Go SDK ${VERSION}, stateless, 2026-07-28, 1 tool` };
  const go = findProgram('go');
  if (go === undefined) return { ...subject, reason: 'Go is not installed' };
  mkdirSync(CACHE, { recursive: true });
  const binary = join(CACHE, `go-sdk-${VERSION}`);
  const built = spawnSync(go, ['build', '-o', binary, '.'], {
    cwd: join(import.meta.dirname, 'go-sdk'),
    encoding: 'utf8',
  });
  if (built.status !== 0) return { ...subject, reason: `go build failed: ${built.stderr.slice(0, 1000)}` };
  return { ...subject, tools: 1, command: binary, args: [], call: () => statelessCall() };
}
