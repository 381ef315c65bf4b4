import { beginSession } from '../../support/raw-http.js';
import { inputAt } from './generate.js';
import { show, type FuzzInput } from './input.js';
import { complaint, type Outcome } from './outcome.js';
import { fuzzAgent, sendHttp } from './send-http.js';
import { sendRaw } from './send-raw.js';

/** Inputs that wait for their answers at once: a second of the rate, each held for at most its own time. */
const MAX_OPEN = 400;
const TICK_MS = 10;
/** Sessions that inputs may name; one of them is renewed each second, because inputs may end them. */
const SESSIONS = 8;
/** Findings that are kept; the first ones tell. */
const MAX_FINDINGS = 20;

export interface BarrageResult {
  readonly sent: number;
  readonly perSecond: number;
  readonly findings: readonly string[];
  /** Answers by status, for a reader: a barrage that is only refused at the first gate tests little. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Sends the inputs of a seed one after the other at a rate, whether or not those before were answered. */
export class Barrage {
  private readonly url: URL;
  private readonly agent = fuzzAgent();
  private readonly findings: string[] = [];
  private readonly statuses: Record<string, number> = {};
  private readonly open = new Set<Promise<void>>();
  private readonly sessions: string[] = [];
  private sent = 0;

  constructor(
    url: string,
    private readonly seed: number,
    private readonly perSecond: number,
  ) {
    this.url = new URL(url);
  }

  /** Resolves when the last input that was sent in that time has been answered, or has waited long enough. */
  async run(seconds: number): Promise<BarrageResult> {
    for (let nth = 0; nth < SESSIONS; nth += 1) this.sessions.push(await beginSession(this.url.href));
    const start = performance.now();
    const elapsed = (): number => (performance.now() - start) / 1000;
    let renewed = 0;
    while (elapsed() < seconds) {
      for (const due = elapsed() * this.perSecond; this.sent < due && this.open.size < MAX_OPEN; ) this.launch();
      if (renewed < Math.floor(elapsed())) this.renew((renewed += 1) % SESSIONS);
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    const perSecond = this.sent / elapsed();
    await Promise.all(this.open);
    this.agent.destroy();
    return { sent: this.sent, perSecond, findings: this.findings, statuses: this.statuses };
  }

  private launch(): void {
    const input = inputAt(this.seed, this.sent);
    this.sent += 1;
    const demanded = input.via === 'http' ? 1 : input.demanded;
    this.track(
      this.send(input).then((outcome) => {
        for (const status of outcome.statuses) this.statuses[status] = (this.statuses[status] ?? 0) + 1;
        const wrong = complaint(outcome, demanded);
        if (wrong !== undefined) this.note(`${wrong}\n    ${show(input)}`);
      }),
    );
  }

  private send(input: FuzzInput): Promise<Outcome> {
    return input.via === 'http' ? sendHttp(this.url, this.agent, input, this.sessions) : sendRaw(this.url, input, this.sessions);
  }

  private renew(at: number): void {
    this.track(beginSession(this.url.href).then((session) => void (this.sessions[at] = session)));
  }

  private track(work: Promise<void>): void {
    const owned = work
      .catch((error: unknown) => {
        this.note(String(error));
      })
      .finally(() => this.open.delete(owned));
    this.open.add(owned);
  }

  private note(finding: string): void {
    if (this.findings.length < MAX_FINDINGS) this.findings.push(finding);
  }
}
