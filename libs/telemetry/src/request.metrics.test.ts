import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { operationFamily, requestFamilies } from './request.metrics.js';

const boundsOf = (text: string, name: string): string[] =>
  [...text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"`, 'gm'))].map((match) => match[1] ?? '');

it('P13: the request families have the names, labels and buckets that were asked for', async () => {
  const registry = new Registry();
  const families = requestFamilies(registry, 'node-1');
  families.observe('tools/call', 'success', 0.07);
  families.connected();
  families.connected();
  families.disconnected();
  const text = await registry.metrics();
  expect(boundsOf(text, 'mcp_request_duration_seconds')).toEqual([
    '0.01',
    '0.05',
    '0.1',
    '0.5',
    '1',
    '2',
    '5',
    '10',
    '+Inf',
  ]);
  const labels = 'method="tools/call",status="success",server="node-1"';
  expect(text).toContain(`mcp_request_duration_seconds_bucket{le="0.05",${labels}} 0\n`);
  expect(text).toContain(`mcp_request_duration_seconds_bucket{le="0.1",${labels}} 1\n`);
  expect(text).toContain(`mcp_request_duration_seconds_sum{${labels}} 0.07\n`);
  expect(text).toContain(`mcp_requests_total{${labels}} 1\n`);
  expect(text).toContain('mcp_active_connections{server="node-1"} 1\n');
});

it('P13: a client cannot make series by inventing methods', async () => {
  const registry = new Registry();
  const families = requestFamilies(registry, 'manager');
  for (let i = 0; i < 500; i += 1) families.observe(`evil/${String(i)}`, 'client_error', 0.001);
  const text = await registry.metrics();
  expect(text).toContain('mcp_requests_total{method="_other",status="client_error",server="manager"} 500\n');
  expect(text).not.toContain('evil');
});

it('P13: the OpenTelemetry histogram has its Prometheus name, labels and buckets', async () => {
  const registry = new Registry();
  const operations = operationFamily(registry, ['echo']);
  const labels = {
    mcp_method_name: 'tools/call',
    error_type: '',
    network_transport: 'tcp',
    mcp_protocol_version: '2026-07-28',
  };
  operations.child({ ...labels, gen_ai_tool_name: 'echo' }).observe(0.3);
  operations.child({ ...labels, gen_ai_tool_name: 'no-such-tool' }).observe(0.3);
  operations.child({ ...labels, gen_ai_tool_name: '', mcp_method_name: 'tools/list' }).observe(0.3);
  const text = await registry.metrics();
  const bounds = '0.01 0.02 0.05 0.1 0.2 0.5 1 2 5 10 30 60 120 300 +Inf'.split(' ');
  expect(boundsOf(text, 'mcp_server_operation_duration_seconds')).toEqual([...bounds, ...bounds, ...bounds]);
  const counts = text.split('\n').filter((line) => line.startsWith('mcp_server_operation_duration_seconds_count'));
  const rest = 'error_type="",network_transport="tcp",mcp_protocol_version="2026-07-28"} 1';
  expect(counts).toEqual([
    `mcp_server_operation_duration_seconds_count{mcp_method_name="tools/call",gen_ai_tool_name="echo",${rest}`,
    `mcp_server_operation_duration_seconds_count{mcp_method_name="tools/call",gen_ai_tool_name="_other",${rest}`,
    `mcp_server_operation_duration_seconds_count{mcp_method_name="tools/list",gen_ai_tool_name="",${rest}`,
  ]);
});
