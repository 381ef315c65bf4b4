import type { Running } from './running.mjs';

export interface ClusterOptions {
  /** Node processes, by default 2. */
  readonly nodes?: number;
  /** Whether the conformance suite's tools are served too; by default they are. */
  readonly fixtures?: boolean;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A line of a structured log. */
export interface LogLine {
  readonly app: string;
  readonly node: string;
  readonly pid: number;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** What a node says of itself. */
export interface NodeStatus {
  readonly id: string;
  readonly state: string;
  readonly version: string;
  readonly inFlight: number;
  readonly sessions: number;
  readonly streams: number;
}

/** What the manager says of a node. */
export interface NodeView extends NodeStatus {
  readonly url: string;
  readonly pid: number;
}

export interface Served {
  readonly process: Running;
  readonly pid: number | undefined;
  readonly url: string;
  readonly managementUrl: string;
  logs(): LogLine[];
  log(fits: (line: LogLine) => boolean, options?: { withinMs?: number; what?: string }): Promise<LogLine>;
  pids(): number[];
  gone(withinMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface Cluster extends Served {
  readonly adminUrl: string;
  nodes(): Promise<NodeView[]>;
  nodeManagementUrl(id: string): string;
  statuses(): Promise<NodeStatus[]>;
  inFlight(): Promise<number>;
  running(count: number): Promise<true>;
  ready(count: number): Promise<NodeView[]>;
}

export declare function startCluster(options?: ClusterOptions): Promise<Cluster>;
export declare function startNode(options?: Omit<ClusterOptions, 'nodes'>): Promise<Served>;
