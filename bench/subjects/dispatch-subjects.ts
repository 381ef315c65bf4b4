import { join } from 'node:path';
import { installedVersion, ROOT } from '../harness/machine.ts';
import { sessionCall, sessionlessCall, statelessCall } from '../harness/mcp-call.ts';
import { goSdkSubject } from './go-sdk.ts';
import type { Skipped, Subject } from './subject.ts';

const NODE = process.execPath;
const HERE = import.meta.dirname;
const OUR_NODE = [join(ROOT, 'apps/node/dist/main.js'), '--management-port', '0'];
const NINETY_ONE_MORE = ['--tools', join(HERE, 'hundred-tools')];

/** Every server that is compared, in the order in which a repeat runs them. */
export function dispatchSubjects(): (Subject | Skipped)[] {
  const v1 = installedVersion('@modelcontextprotocol/sdk');
  const v2 = installedVersion('@modelcontextprotocol/server');
  const ours = { command: NODE, args: OUR_NODE, tools: 9 };
  const oursWithMore = { command: NODE, args: [...OUR_NODE, ...NINETY_ONE_MORE], tools: 100 };
  const sdkV1 = { command: NODE, args: [join(HERE, 'sdk-v1.ts')], tools: 1 };
  return [
    {
      name: 'bare',
      title: 'bare node:http, JSON in and out',
      command: NODE,
      args: [join(HERE, 'bare-http.ts')],
      call: statelessCall,
    },
    { name: 'ours-2026-9', title: 'our node, 2026-07-28, 9 tools', ...ours, call: statelessCall },
    { name: 'ours-2026-100', title: 'our node, 2026-07-28, 100 tools', ...oursWithMore, call: statelessCall },
    { name: 'ours-2025-9', title: 'our node, 2025-11-25 session, 9 tools', ...ours, call: sessionCall },
    { name: 'ours-2025-100', title: 'our node, 2025-11-25 session, 100 tools', ...oursWithMore, call: sessionCall },
    {
      name: 'sdk-v2',
      title: `SDK v2 ${v2} createMcpHandler, 2026-07-28, 1 tool`,
      command: NODE,
      args: [join(HERE, 'sdk-v2.ts')],
      tools: 1,
      call: statelessCall,
    },
    { name: 'sdk-v1-request', title: `SDK v1 ${v1}, a server a request, 1 tool`, ...sdkV1, call: sessionlessCall },
    { name: 'sdk-v1-session', title: `SDK v1 ${v1}, one session, 1 tool`, ...sdkV1, call: sessionCall },
    goSdkSubject(),
  ];
}
