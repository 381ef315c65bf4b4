import { LocalError, randomInt, sleep, type Clock, type Rng } from '@mcp-cluster/kernel';

/** How ill a level is. Shares are of calls, 0 to 1. Tests change it while it runs. */
export interface Illness {
  /** Calls that fail: half of them before they have done anything, half after. */
  errors: number;
  /** Look-ups whose entry is lost before. */
  losses: number;
  /** Entries of which a bit is wrong, or the end is missing. */
  corruption: number;
  /** Every call takes so long, or up to `mostMs` where that is more. Milliseconds. */
  delayMs: number;
  mostMs: number;
}

export const WELL: Readonly<Illness> = { errors: 0, losses: 0, corruption: 0, delayMs: 0, mostMs: 0 };

/** Draws what goes wrong from a seeded generator. */
export class Chaos {
  readonly illness: Illness = { ...WELL };
  /** Calls so far. */
  calls = 0;

  constructor(
    private readonly clock: Clock,
    private readonly rng: Rng,
  ) {}

  heal(): void {
    Object.assign(this.illness, WELL);
  }

  async call<T>(work: () => Promise<T>): Promise<T> {
    this.calls += 1;
    const { delayMs, mostMs } = this.illness;
    const ms = Math.max(delayMs, Math.floor(this.rng.next() * mostMs));
    if (ms > 0) await sleep(this.clock, ms);
    const fails = this.happens(this.illness.errors);
    const isLate = this.happens(0.5);
    if (fails && !isLate) throw new LocalError('chaos', 'this level is ill');
    const answer = await work();
    if (fails) throw new LocalError('chaos', 'this level is ill, and has done it');
    return answer;
  }

  /** Whether what is looked up is lost now. */
  get loses(): boolean {
    return this.happens(this.illness.losses);
  }

  damaged(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0 || !this.happens(this.illness.corruption)) return bytes;
    const at = randomInt(this.rng, bytes.length);
    if (this.happens(0.3)) return bytes.slice(0, at);
    const copy = bytes.slice();
    copy[at] = (copy[at] ?? 0) ^ (1 << randomInt(this.rng, 8));
    return copy;
  }

  private happens(share: number): boolean {
    return this.rng.next() < share;
  }
}
