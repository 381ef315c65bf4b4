/** DI token of the folder that tools may read data from: a path, absolute or below the working directory. */
export const DATA_DIR = Symbol('mcp-cluster.data-dir');
