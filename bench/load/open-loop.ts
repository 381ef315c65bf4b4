/**
 * Sends one POST at a constant rate, whether or not earlier ones were answered, and times each from the moment
 * at which it was due. So a server that stops for a second shows in every request of that second (no
 * coordinated omission). Its own process: `node open-loop.ts '{"url":…}'` prints an OpenLoopReport.
 */
import { Agent, request } from 'node:http';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { Call } from '../harness/mcp-call.ts';
import { sharedNow, type Due, type Pace } from './pacer.ts';

export interface OpenLoopJob {
  url: string;
  call: Call;
  /** Requests a second. */
  rate: number;
  seconds: number;
  /** Requests of so many first seconds are sent but not counted: connections are opened then. */
  settleSeconds: number;
  /** Keep-alive connections at most; a request that finds none free waits, and its time runs. */
  connections: number;
}

export interface OpenLoopReport {
  counted: number;
  wrong: number;
  /** One of the wrong answers. */
  sample: string;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
  /**
   * The 99th percentile of each second by itself, without this program's own lateness: a pause of the machine spoils
   * one of them, not the whole.
   */
  p99OfSecondsMs: number[];
  /** How late this program itself sent, a part of every latency above. */
  lateP50Ms: number;
  lateP99Ms: number;
}

/** Histograms count microseconds up to a minute with three exact digits. */
const HISTOGRAM = { lowest: 1, highest: 60_000_000, figures: 3 };
/** Beyond this many unanswered requests the server has failed the rate; more would only fill memory. */
const MOST_OUTSTANDING = 10_000;

class OpenLoop {
  readonly #latencies = createHistogram(HISTOGRAM);
  readonly #lateness = createHistogram(HISTOGRAM);
  readonly #seconds: number[][] = [];
  readonly #agent: Agent;
  readonly #options: object;
  readonly #job: OpenLoopJob;
  #outstanding = 0;
  #wrong = 0;
  #sample = '';
  /** Requests due before this are not counted; set by the first. */
  #countFrom: number | undefined;

  constructor(job: OpenLoopJob) {
    this.#job = job;
    this.#agent = new Agent({ keepAlive: true, maxSockets: job.connections, scheduling: 'fifo' });
    const { hostname, port, pathname } = new URL(job.url);
    const headers = { ...job.call.headers, 'content-length': Buffer.byteLength(job.call.body) };
    this.#options = { agent: this.#agent, method: 'POST', hostname, port, path: pathname, headers };
  }

  async run(): Promise<OpenLoopReport> {
    const { rate, seconds, settleSeconds } = this.#job;
    const pace: Pace = { count: Math.round(rate * (seconds + settleSeconds)), intervalMs: 1000 / rate };
    const pacer = new Worker(new URL('pacer.ts', import.meta.url), { workerData: pace });
    const answers: Promise<void>[] = [];
    await new Promise((resolve, reject) => {
      pacer.on('message', ({ at }: Due) => answers.push(this.#send(at)));
      pacer.on('error', reject);
      pacer.on('exit', resolve);
    });
    await Promise.all(answers);
    this.#agent.destroy();
    return this.#report();
  }

  async #send(due: number): Promise<void> {
    this.#countFrom ??= due + this.#job.settleSeconds * 1000;
    if (this.#outstanding >= MOST_OUTSTANDING) {
      this.#note('too many requests unanswered');
      return;
    }
    this.#outstanding += 1;
    const late = sharedNow() - due;
    try {
      const wrong = await this.#post();
      if (wrong !== undefined) this.#note(wrong);
      if (due >= this.#countFrom) {
        const answered = sharedNow();
        record(this.#latencies, answered - due);
        (this.#seconds[Math.floor((due - this.#countFrom) / 1000)] ??= []).push(answered - due - late);
        record(this.#lateness, late);
      }
    } catch (error) {
      this.#note(String(error));
    } finally {
      this.#outstanding -= 1;
    }
  }

  /** What was wrong with the answer, if anything. */
  #post(): Promise<string | undefined> {
    const { body, expect } = this.#job.call;
    return new Promise((resolve, reject) => {
      const sent = request(this.#options, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => (text += part));
        answer.on('error', reject);
        answer.on('end', () => {
          const right = answer.statusCode === 200 && text.includes(expect);
          resolve(right ? undefined : `${String(answer.statusCode)} ${text.slice(0, 300)}`);
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  #note(wrong: string): void {
    this.#wrong += 1;
    this.#sample = wrong;
  }

  #report(): OpenLoopReport {
    const at = (histogram: RecordableHistogram, percentile: number): number => histogram.percentile(percentile) / 1000;
    return {
      counted: this.#latencies.count,
      wrong: this.#wrong,
      sample: this.#sample,
      p50Ms: at(this.#latencies, 50),
      p90Ms: at(this.#latencies, 90),
      p99Ms: at(this.#latencies, 99),
      maxMs: this.#latencies.max / 1000,
      p99OfSecondsMs: this.#seconds.map(p99),
      lateP50Ms: at(this.#lateness, 50),
      lateP99Ms: at(this.#lateness, 99),
    };
  }
}

function p99(latencies: readonly number[]): number {
  return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? Number.NaN;
}

function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.min(Math.max(1, Math.round(ms * 1000)), HISTOGRAM.highest));
}

const [job] = process.argv.slice(2);
if (job === undefined) throw new Error('open-loop.ts needs its job as JSON');
console.log(JSON.stringify(await new OpenLoop(JSON.parse(job) as OpenLoopJob).run()));
