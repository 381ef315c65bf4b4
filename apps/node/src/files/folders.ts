export { DATA_DIR } from '@mcp-cluster/tools/nest';

/** DI token of the folder whose files are served as logs://{filename}: a path as DATA_DIR. */
export const LOGS_DIR = Symbol('mcp-cluster.logs-dir');

/** DI token: bytes above which a log is read as a summary (a number). */
export const LOG_SUMMARY_BYTES = Symbol('mcp-cluster.log-summary-bytes');

/** DI token: host names that may be crawled although their addresses are private (string[]; `*` is all). */
export const CRAWL_ALLOW = Symbol('mcp-cluster.crawl-allow');
