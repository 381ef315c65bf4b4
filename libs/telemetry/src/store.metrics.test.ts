import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { StoreMetrics } from './store.metrics.js';

it('counts commands of the shared store by how they ended, and says whether it answers', async () => {
  const registry = new Registry();
  let up = true;
  const { call } = new StoreMetrics(registry, () => up);
  call('session_touch', 'ok');
  call('session_touch', 'ok');
  call('session_touch', 'unavailable');
  const before = await registry.metrics();
  expect(before).toContain('mcp_store_commands_total{command="session_touch",result="ok"} 2');
  expect(before).toContain('mcp_store_commands_total{command="session_touch",result="unavailable"} 1');
  expect(before).toContain('mcp_store_up 1');
  up = false;
  expect(await registry.metrics()).toContain('mcp_store_up 0');
});
