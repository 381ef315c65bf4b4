export type ProxyKind = 'nginx' | 'haproxy';

export interface ProxyOptions {
  /** Host and port of the two managers of the files; may be the same one twice. */
  readonly managers: readonly [string, string];
  /** Port of /readyz, of either manager. */
  readonly checkPort: number;
  /** Milliseconds that a stream may be quiet; by default as in the files. */
  readonly readTimeoutMs?: number;
  /** Its port, by default any free one. */
  readonly port?: number;
}

export interface RunningProxy {
  readonly url: string;
  readonly port: number;
  /** Where it speaks HTTP/2 without TLS, so without an agreement on it. */
  readonly http2Origin: string;
  /** What it logged. */
  readonly output: string;
  close(): Promise<void>;
}

export declare const PROXY_KINDS: readonly ProxyKind[];
export declare const MISSING_PROXIES: readonly ProxyKind[];
export declare function startProxy(kind: ProxyKind, options: ProxyOptions): Promise<RunningProxy>;
