/** DI token of the kernel's `Clock`. */
export const CLOCK = Symbol('mcp-cluster.clock');

/** DI token of the kernel's `Rng`. */
export const RNG = Symbol('mcp-cluster.rng');
