import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, ROOT, SERVER_CORE } from '../harness/machine.ts';
import { sessionCall, statelessCall } from '../harness/mcp-call.ts';
import type { Launch } from '../harness/pinned-process.ts';
import type { Skipped, Subject } from './subject.ts';

/** Where the proxy listens and what it stands in front of. */
export interface DoorSite {
  port: number;
  nodePort: number;
  nodeManagementPort: number;
  /** For configuration files; removed afterwards. */
  folder: string;
  env: Record<string, string>;
}

/** A way to the node: straight, or through a proxy of our own or of others. */
export interface DoorPath extends Pick<Subject, 'name' | 'title' | 'call'> {
  /** Undefined for the straight way. */
  proxy?: (site: DoorSite) => Launch;
}

export function doorPaths(): (DoorPath | Skipped)[] {
  return [
    { name: 'direct', title: 'direct, 2026-07-28', call: statelessCall },
    { name: 'manager', title: 'our manager, 2026-07-28', call: statelessCall, proxy: manager },
    thirdParty('haproxy', 'HAProxy, 2026-07-28', haproxy),
    thirdParty('nginx', 'nginx, 2026-07-28', nginx),
    { name: 'direct-2025', title: 'direct, 2025-11-25 session', call: sessionCall },
    { name: 'manager-2025', title: 'our manager, 2025-11-25 session', call: sessionCall, proxy: manager },
  ];
}

function thirdParty(
  name: string,
  title: string,
  proxy: (program: string, site: DoorSite) => Launch,
): DoorPath | Skipped {
  const program = findProgram(name);
  if (program === undefined) return { name, title, reason: `${name} is not installed` };
  return { name, title, call: statelessCall, proxy: (site) => proxy(program, site) };
}

function manager({ port, nodePort, nodeManagementPort, env }: DoorSite): Launch {
  const node = `http://127.0.0.1:${String(nodePort)}`;
  const discovery = [
    '--discovery',
    'static',
    '--nodes-urls',
    node,
    '--nodes-management-port',
    String(nodeManagementPort),
  ];
  const ports = ['--port', String(port), '--admin-port', '0', '--management-port', '0'];
  const main = join(ROOT, 'apps/manager/dist/main.js');
  return { command: process.execPath, args: [main, ...discovery, ...ports], core: SERVER_CORE, env };
}

/** One thread, connections to the node kept and shared, no log: what it can do best here. */
function haproxy(program: string, { port, nodePort, folder }: DoorSite): Launch {
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
listen door
  bind 127.0.0.1:${String(port)}
  server node 127.0.0.1:${String(nodePort)}
`,
  );
  return { command: program, args: ['-db', '-f', file], core: SERVER_CORE };
}

/** One process, connections to the node kept, no log; unbuffered, as streams need it. */
function nginx(program: string, { port, nodePort, folder }: DoorSite): Launch {
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  upstream node { server 127.0.0.1:${String(nodePort)}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${String(port)};
    location / {
      proxy_pass http://node;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_buffering off;
    }
  }
}
`,
  );
  return { command: program, args: ['-c', file], core: SERVER_CORE };
}
