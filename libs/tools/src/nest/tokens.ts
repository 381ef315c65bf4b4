/** DI token of the kernel's `Clock`. */
export const CLOCK = Symbol('mcp-cluster.clock');

/** DI token of the kernel's `Rng`. */
export const RNG = Symbol('mcp-cluster.rng');

/** DI token of the node's `Announcer`: for changes that every node of the cluster sees by itself. */
export const ANNOUNCER = Symbol('mcp-cluster.announcer');

/** DI token of the kernel's `Background`: for work that nobody awaits. */
export const BACKGROUND = Symbol('mcp-cluster.background');

/** DI token of the node's `Jobs`: calls of tools that nobody waits for. */
export const JOBS = Symbol('mcp-cluster.jobs');

/** DI token of the folder that tools may read data from: a path, absolute or below the working directory. */
export const DATA_DIR = Symbol('mcp-cluster.data-dir');
