import { sleep, systemClock } from '@mcp-cluster/kernel';

/** The kernel's timers keep no process awake; here nothing else does. */
export async function sleepAwake(ms: number): Promise<void> {
  const awake = setInterval(() => undefined, 60_000);
  await sleep(systemClock, ms);
  clearInterval(awake);
}
