import type { ComputedStore } from './computed.js';

/** Where nothing is kept: each caller's result is made for him alone. */
export const UNCACHED: ComputedStore = {
  peek: () => undefined,
  board: (query, passenger) => {
    const controller = new AbortController();
    const flight = { signal: controller.signal, passengers: new Set([passenger]) };
    const entry = Promise.resolve(flight).then(async (flying) => {
      const { value } = await query.load(flying);
      return { value, freshUntil: 0 };
    });
    const leave = (): void => {
      controller.abort();
    };
    return { entry, leave };
  },
};
