import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { seededRng, type Rng } from '@mcp-cluster/kernel';
import { ROOT } from '../support/running.mjs';
import { checkHistory, type Allowances } from './checker/check-history.ts';
import type { Effect, HistoryEvent } from './checker/history.ts';
import { readTag } from './checker/tags.ts';
import { ChaosCluster, type ClusterPlan, type ToolNote } from './cluster/chaos-cluster.ts';
import { exactly, type Claim, type Lab } from './experiment.ts';
import { HistoryRecorder } from './workloads/history-recorder.ts';

/** Violations that a report names; their number is always told. */
const NAMED_VIOLATIONS = 20;
/** Where histories go whose checker was not content, below the reports. */
const HISTORIES = join(ROOT, 'reports', 'chaos');

/** What one run of one experiment starts, records and leaves behind. */
export class Laboratory implements Lab {
  readonly seed: number;
  readonly rng: Rng;
  readonly long: boolean;
  readonly history = new HistoryRecorder();
  readonly notes: Record<string, unknown> = {};
  private readonly name: string;
  private readonly cleanUps: (() => Promise<unknown>)[] = [];
  private readonly clusters: ChaosCluster[] = [];

  constructor(name: string, seed: number, long: boolean) {
    this.name = name;
    this.seed = seed;
    this.long = long;
    this.rng = seededRng(seed);
  }

  async start(plan?: ClusterPlan): Promise<ChaosCluster> {
    const cluster = await ChaosCluster.start(plan);
    this.clusters.push(cluster);
    this.onEnd(() => cluster.stop());
    return cluster;
  }

  onEnd(clean: () => Promise<unknown>): void {
    this.cleanUps.push(clean);
  }

  note(name: string, value: unknown): void {
    this.notes[name] = value;
  }

  checked(cluster: ChaosCluster, allowances: Allowances = {}): Claim {
    const effects = effectsOf(cluster.effects(), this.history.events, this.history.startedAt);
    for (const effect of effects) this.history.add(effect);
    const violations = checkHistory(this.history.events, allowances);
    if (violations.length > 0) {
      this.note('violations', violations.slice(0, NAMED_VIOLATIONS));
      this.keepHistory();
    }
    this.note('requests', this.history.events.filter(({ event }) => event === 'sent').length);
    return exactly('violations in the history', violations.length, 0);
  }

  /** For the report of a run that broke. */
  lastWords(): string {
    const members = this.clusters.flatMap((cluster) => cluster.members);
    return members.map(({ name, lastWords }) => `── ${name}\n${lastWords}`).join('\n');
  }

  /** Ends whatever was started, the last first. */
  async end(): Promise<void> {
    for (const clean of this.cleanUps.splice(0).reverse()) await clean();
  }

  private keepHistory(): void {
    mkdirSync(HISTORIES, { recursive: true });
    this.history.write(join(HISTORIES, `${this.name}-${this.seed}.jsonl`));
  }
}

/** What tools wrote down, as lines of the history: a tag names a request, or a key and so the first request with it. */
function effectsOf(notes: readonly ToolNote[], events: readonly HistoryEvent[], startedAt: number): Effect[] {
  const byKey = new Map<string, string>();
  for (const event of events)
    if (event.event === 'sent' && event.key !== undefined && !byKey.has(event.key)) byKey.set(event.key, event.request);
  return notes.map(({ tag, pid, at }) => {
    const { client = 'nobody', request = tag } = readTag(tag) ?? {};
    return { event: 'effect', client, request: byKey.get(request) ?? request, at: at - startedAt, pid };
  });
}
