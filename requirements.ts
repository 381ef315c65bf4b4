/** Whether the tests have to prove it: an open one waits for a later release. */
export type Status = 'built' | 'open';

export type Area =
  | 'transports'
  | 'progress'
  | 'tools'
  | 'resources'
  | 'sessions'
  | 'clients'
  | 'observability'
  | 'execution'
  | 'cache'
  | 'scaling'
  | 'security';

export interface Requirement {
  /** Cited at the beginning of test titles: `it('S03: a lower value is dropped', …)`. */
  readonly id: string;
  readonly title: string;
  readonly area: Area;
  readonly status: Status;
}

/**
 * What the cluster promises, S: streaming, P: performance and scaling. A gate fails when no test cites the id of a
 * built requirement, and when a test cites an id that is not here. docs/requirements.md is made of this list.
 */
export const requirements: readonly Requirement[] = [
  { id: 'S01', area: 'transports', status: 'built', title: 'stdio: newline-delimited JSON-RPC; logs only on stderr' },
  { id: 'S02', area: 'transports', status: 'built', title: 'Streamable HTTP on /mcp; the answer is JSON or SSE' },
  { id: 'S03', area: 'progress', status: 'built', title: 'Progress rises strictly, with its token and a message' },
  { id: 'S04', area: 'progress', status: 'built', title: 'Without a progress token nothing is sent and nothing spent' },
  { id: 'S05', area: 'progress', status: 'built', title: 'At most five a second; the latest wins; flushed at the end' },
  { id: 'S06', area: 'progress', status: 'built', title: 'The final progress precedes the result, none follows it' },
  {
    id: 'S07',
    area: 'tools',
    status: 'built',
    title: 'analyze_dataset: statistics of generated rows, or of a CSV or NDJSON file of any size',
  },
  { id: 'S08', area: 'tools', status: 'built', title: 'run_analysis: statistics by category, with throughput' },
  { id: 'S09', area: 'tools', status: 'built', title: 'multi_stage_pipeline: weighted stages' },
  { id: 'S10', area: 'tools', status: 'built', title: 'crawl_sitemap: progress a page, guarded against SSRF' },
  { id: 'S11', area: 'tools', status: 'built', title: 'process_large_file: throttled byte progress' },
  {
    id: 'S12',
    area: 'resources',
    status: 'built',
    title: 'logs://{filename}: read in chunks, nothing outside the folder',
  },
  { id: 'S13', area: 'tools', status: 'built', title: 'Long work: start_job, check_status and the tasks extension' },
  {
    id: 'S14',
    area: 'transports',
    status: 'built',
    title: 'SSE keep-alive comment every 15 s, no buffering on the way',
  },
  { id: 'S15', area: 'sessions', status: 'built', title: 'Sessions end after 30 min idle and are capped' },
  { id: 'S16', area: 'progress', status: 'built', title: 'Cancellation stops the tool between chunks' },
  { id: 'S17', area: 'execution', status: 'built', title: 'Work yields the event loop between chunks' },
  { id: 'S18', area: 'clients', status: 'built', title: 'Terminal client: progress bar, elapsed time, timings' },
  { id: 'S19', area: 'clients', status: 'built', title: "Works with the Inspector and the SDK's clients, old and new" },
  { id: 'S20', area: 'transports', status: 'built', title: 'A slow reader costs bounded memory' },
  {
    id: 'P01',
    area: 'observability',
    status: 'open',
    title: 'Latency and utilisation targets are settings; a breach alerts',
  },
  { id: 'P02', area: 'observability', status: 'open', title: 'Monitor per tool, with a report over 24 h' },
  { id: 'P03', area: 'observability', status: 'open', title: 'Profiler on demand: CPU, memory, bottlenecks' },
  { id: 'P04', area: 'scaling', status: 'open', title: 'Connection pool to upstream servers, resized by use' },
  { id: 'P05', area: 'transports', status: 'open', title: 'Transports by type: stdio, HTTP, WebSocket, gRPC' },
  { id: 'P06', area: 'cache', status: 'built', title: 'Cache in three levels with promotion and TTL by type' },
  { id: 'P07', area: 'cache', status: 'built', title: 'Prefetch by usage patterns' },
  { id: 'P08', area: 'execution', status: 'open', title: 'Memory: chunk sizes, pressure levels, clean-up' },
  { id: 'P09', area: 'execution', status: 'open', title: 'CPU: worker pool with a priority queue and expiry' },
  { id: 'P10', area: 'execution', status: 'open', title: 'Batches of tool calls with dependencies' },
  { id: 'P11', area: 'execution', status: 'built', title: 'Serialisation by size, compressed only when it gains' },
  { id: 'P12', area: 'execution', status: 'open', title: 'Streaming processor with bounded concurrency' },
  {
    id: 'P13',
    area: 'observability',
    status: 'built',
    title: 'Metrics: the mcp_* families and the OpenTelemetry names',
  },
  { id: 'P14', area: 'observability', status: 'open', title: 'Live dashboard with trends and alerts' },
  { id: 'P15', area: 'scaling', status: 'built', title: 'Cluster manager: add, remove, route, fail over' },
  { id: 'P16', area: 'scaling', status: 'built', title: 'Autoscale with reasons and confidence, stabilised' },
  { id: 'P17', area: 'security', status: 'open', title: 'Quotas and limits per principal and tool' },
];
