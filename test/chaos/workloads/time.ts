/** Milliseconds on the machine's own monotonic clock: processes on one machine agree on it, whatever their wall clocks say. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Waits, and keeps the process alive meanwhile, which the kernel's timers do not. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Rejects with `what` when the work has not ended within that time. The work itself is not stopped. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what}: not within ${ms} ms`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first value of `look` that is not undefined; an error counts as "not yet". Undefined when there is none in time. */
export async function soon<T>(ms: number, look: () => Promise<T | undefined>, everyMs = 25): Promise<T | undefined> {
  const deadline = machineMs() + ms;
  for (;;) {
    const value = await look().catch(() => undefined);
    if (value !== undefined) return value;
    if (machineMs() >= deadline) return undefined;
    await pause(everyMs);
  }
}
