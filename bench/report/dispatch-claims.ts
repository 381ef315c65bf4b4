/** What the project reaches for, as ratios of requests a second in the same run. */
export interface Claim {
  ours: string;
  theirs: string;
  /** The ratio of the medians must not be below this. */
  atLeast: number;
  says: string;
}

export const DISPATCH_CLAIMS: readonly Claim[] = [
  { ours: 'ours-2026-9', theirs: 'bare', atLeast: 0.6, says: '2026-07-28 against a bare HTTP echo' },
  { ours: 'ours-2025-9', theirs: 'bare', atLeast: 0.6, says: '2025-11-25 session against a bare HTTP echo' },
  { ours: 'ours-2026-9', theirs: 'sdk-v2', atLeast: 4.5, says: "2026-07-28 against the SDK's v2 handler" },
  {
    ours: 'ours-2025-9',
    theirs: 'sdk-v1-request',
    atLeast: 6,
    says: "2025-11-25 against the SDK's v1 server a request",
  },
  {
    ours: 'ours-2025-9',
    theirs: 'sdk-v1-session',
    atLeast: 3,
    says: "2025-11-25 against the SDK's v1 server in a session",
  },
  { ours: 'ours-2026-9', theirs: 'go-sdk', atLeast: 4, says: "2026-07-28 against the Go SDK's stateless server" },
  { ours: 'ours-2026-100', theirs: 'ours-2026-9', atLeast: 0.95, says: '100 tools against 9, 2026-07-28' },
  { ours: 'ours-2025-100', theirs: 'ours-2025-9', atLeast: 0.95, says: '100 tools against 9, 2025-11-25' },
];
