/** In `_meta` of a tool in `tools/list`: how long and for whom its results are kept, `{ttlMs, scope}`. */
export const CACHE_META_KEY = 'mcp-cluster/cache';

/** `true` in `_meta` of a request: it is answered anew, and what it brings is kept in the place of what was. */
export const NO_CACHE_META_KEY = 'mcp-cluster/noCache';
