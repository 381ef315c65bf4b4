import { describe, expect, it } from 'vitest';
import { nodeMessage, nodeStatus } from './wire.schema.js';

describe('messages between node and manager', () => {
  const listening = { type: 'listening', id: 'node-1', mcpPort: 4001, managementPort: 4002, pid: 77, version: '0.1.0' };
  const status = {
    id: 'node-1',
    version: '0.1.0',
    state: 'ready',
    inFlight: 0,
    sessions: 2,
    streams: 1,
    mcpPort: 4001,
  };

  it('takes what a node sends', () => {
    expect(nodeMessage.parse(listening)).toEqual(listening);
    expect(nodeStatus.parse(status)).toEqual(status);
    expect(nodeMessage.parse({ type: 'bus', event: { any: [1] } })).toEqual({ type: 'bus', event: { any: [1] } });
  });

  it('ignores fields that a newer node adds', () => {
    expect(nodeStatus.parse({ ...status, fromTheFuture: true })).toEqual(status);
  });

  it.each([
    ['a port of 0', { ...listening, mcpPort: 0 }],
    ['a text port', { ...listening, mcpPort: '4001' }],
    ['an empty id', { ...listening, id: '' }],
    ['an unknown type', { type: 'hello' }],
    ['no object', 'listening'],
  ])('refuses %s', (_what, message) => {
    expect(nodeMessage.safeParse(message).success).toBe(false);
  });

  const load = {
    cpuPercent: 130.5,
    memoryPercent: 20,
    eventLoopPercent: 99.9,
    eventLoopLagMs: 0,
    calls: 3,
    responseMs: 12.5,
    responseP95Ms: 20,
    queue: 0,
  };

  it('P16: takes the load of a node that tells it', () => {
    expect(nodeStatus.parse({ ...status, load })).toEqual({ ...status, load });
  });

  it.each([{ cpuPercent: -1 }, { cpuPercent: null }, { queue: 0.5 }, { calls: undefined }])(
    'P16: a load with %o counts as missing, and the rest of the status as said',
    (wrong) => {
      const { load: read, ...rest } = nodeStatus.parse({ ...status, load: { ...load, ...wrong } });
      expect(read).toBeUndefined();
      expect(rest).toEqual(status);
    },
  );

  it('refuses a state that is not one', () => {
    expect(nodeStatus.safeParse({ ...status, state: 'sleeping' }).success).toBe(false);
  });
});
