import { leadershipContract } from '@mcp-cluster/testkit/contracts';
import { MemoryLeadership } from './memory-leadership.js';

leadershipContract('MemoryLeadership', () => {
  const leadership = new MemoryLeadership();
  return Promise.resolve({ leadership, close: () => leadership.stop() });
});
