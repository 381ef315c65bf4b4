/** The cached tools and the cached resource that say how often they really ran, also here. */
export * from '../../support/tools/lookup.tool.js';
