import { fitness } from './fitness.policy.js';
import { keyHash, mix } from './key-hash.js';
import type { NodeLoad } from './node-load.js';
import { RecentCalls } from './recent-calls.js';
import { LEAST_SHARE } from './slow-start.policy.js';

/** A node that keys can be placed on. All managers know it by the same id. */
export interface Identified {
  readonly id: string;
  readonly load: NodeLoad;
}

/** Where a key was placed. */
export interface Placement<T> {
  readonly node: T;
  /** Not the key's own node: that one has too much, is ill, or was tried. */
  readonly spilled: boolean;
}

/** A node has at most this multiple of its fair part of the calls; Envoy's `hash_balance_factor` 125. */
export const LOAD_FACTOR = 1.25;
/**
 * Milliseconds in which a call that was begun counts as 1/e of one. Ten seconds: of 100 calls a second on a node a tenth of
 * a hundredth more or less is chance, and a key that becomes hot is noticed in a second or two.
 */
export const RECENT_MS = 10_000;
/** Recent calls of a node that are never too many, 5 a second: of so few the difference is chance. */
export const FEW_RECENT = 50;
/**
 * Calls under way that a node may have beyond its fair part, before the factor: cached answers are gone in
 * microseconds, so that two or three at a time are nothing. Three standard deviations where 8 are usual.
 */
export const FEW_ACTIVE = 8;
/**
 * Nodes of its order, beside the first, that a key may have. One that is too much for nine nodes is on all in no time; and each
 * look costs a step for every node, which one key that all ask for must not make the square of their number.
 */
export const MOST_SPILLS = 8;
/** Milliseconds that a judgement of the nodes stands, but for one that begins to fail: that is seen at once. */
const JUDGED_MS = 100;

interface Slot<T> {
  readonly node: T;
  readonly id: string;
  /** No two nodes have the same, so no two weights of one key are equal. */
  readonly seed: number;
  readonly recent: RecentCalls;
  /** Share of its keys that it takes part in; 0 for none. */
  fit: number;
  /** Its fair part of all calls. */
  part: number;
  /** What it was when it was judged. */
  failing: boolean;
}

/** Of all nodes. */
interface Totals {
  readonly recent: number;
  readonly active: number;
}

const NOBODY: readonly never[] = [];

/**
 * Places keys on nodes, equal keys on the same one: rendezvous hashing with bounded loads. Each key has an order of
 * all nodes that depends on the key and the ids alone, so managers agree, and a node that joins or leaves moves only the keys
 * that it is first for. A key goes to the first node of its order that is well and has not too much; so a hot
 * one has one second node, always the same, and is not on all.
 *
 * Too much is either more than `LOAD_FACTOR` times a fair part of the recent calls of all kinds, since calls that take
 * microseconds are never seen under way, or of those under way, since few calls can be a lot of work. A node in slow start takes part
 * for some of its keys, the same ones each time and more of them as it warms; the others stay where they were before it came.
 *
 * Not for several sets of nodes in turn: what it knows of recent calls belongs to the nodes that it was last given.
 */
export class BoundedHash<T extends Identified> {
  private nodes: readonly T[] = NOBODY;
  private slots: Slot<T>[] = [];
  private judgedAt = -Infinity;
  /** Recent calls of all nodes when they were judged: there are no fewer now. */
  private least: Totals = { recent: 0, active: 0 };

  /**
   * @param nodes those that take calls; another array when they change
   * @param key 32 bits, of `keyHash`
   * @param now monotonic milliseconds
   * @param tried nodes that are not asked again
   * @returns undefined when none of the first nine is well and has not too much: then any other policy is as good
   */
  place(nodes: readonly T[], key: number, now: number, tried: readonly T[] = NOBODY): Placement<T> | undefined {
    if (nodes !== this.nodes) {
      this.take(nodes);
      this.judge(now);
    } else if (now - this.judgedAt >= JUDGED_MS) this.judge(now);
    let all: Totals | undefined;
    let below = Infinity;
    for (let passed = 0; passed <= MOST_SPILLS; passed += 1) {
      const slot = this.next(key, below);
      if (slot === undefined) return undefined;
      if (slot.failing !== slot.node.load.rtt.failing) {
        this.judge(now);
        return this.place(nodes, key, now, tried);
      }
      // All nodes are counted only where what is known already does not do.
      const free = hasRoom(slot, this.least) || hasRoom(slot, (all ??= totals(this.slots)));
      if (free && !tried.includes(slot.node)) return { node: slot.node, spilled: passed > 0 };
      below = mix(key ^ slot.seed);
    }
    return undefined;
  }

  /** The node with the highest weight below this one, of those that take part for the key. */
  private next(key: number, below: number): Slot<T> | undefined {
    let best: Slot<T> | undefined;
    let most = -1;
    for (const slot of this.slots) {
      const weight = mix(key ^ slot.seed);
      if (weight > most && weight < below && (slot.fit === 1 || takesPart(slot.fit, weight))) {
        best = slot;
        most = weight;
      }
    }
    return best;
  }

  /** Other nodes: those that stay keep their counts. */
  private take(nodes: readonly T[]): void {
    const known = new Map(this.slots.map((slot) => [slot.node, slot]));
    const seeds = new Set<number>();
    // By id, so that all managers settle equal hashes of two ids alike.
    this.slots = nodes
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((node) => {
        let seed = keyHash(node.id);
        while (seeds.has(seed)) seed = mix(seed + 1);
        seeds.add(seed);
        const { recent = new RecentCalls(node.load), fit = 1 } = known.get(node) ?? {};
        return { node, id: node.id, seed, recent, fit, part: 1, failing: false };
      });
    this.nodes = nodes;
  }

  /** Lets the counts decay, and looks who is well. */
  private judge(now: number): void {
    // A node that was started anew at the same address may have another id.
    if (this.slots.some(({ node, id }) => node.id !== id)) this.take(this.nodes);
    const elapsed = Math.max(0, now - this.judgedAt);
    const kept = Math.exp(-elapsed / RECENT_MS);
    for (const { recent } of this.slots) recent.decay(kept);
    this.judgedAt = now;
    const judged = this.slots.map(({ node: { load }, recent: { meanMs } }) => ({ load, meanMs }));
    const well = fitness(judged, now);
    const fit = this.slots.map((slot, at) => recovered(slot.fit, well[at] ?? 0, elapsed));
    const sum = fit.reduce((total, one) => total + one, 0);
    this.slots.forEach((slot, at) => {
      slot.fit = fit[at] ?? 0;
      slot.part = slot.fit / sum;
      slot.failing = slot.node.load.rtt.failing;
    });
    this.least = { recent: totals(this.slots).recent, active: 0 };
  }
}

function totals(slots: readonly Slot<Identified>[]): Totals {
  let recent = 0;
  let active = 0;
  for (const { node, recent: its } of slots) {
    recent += its.begun;
    active += node.load.active;
  }
  return { recent, active };
}

/** Whether the node may have one call more, of so many of all nodes. */
function hasRoom({ node, recent: its, fit, part }: Slot<Identified>, { recent, active }: Totals): boolean {
  return (
    fit > 0 &&
    its.begun + 1 <= Math.max(FEW_RECENT, LOAD_FACTOR * (recent + 1) * part) &&
    node.load.active + 1 <= LOAD_FACTOR * (active * part + FEW_ACTIVE)
  );
}

/**
 * A node that was ill gets its keys back a tenth a second, for two reasons: it need not be well, and the others had its
 * calls so far. At once its fair part would be too much for them, and their keys would go to it too.
 */
function recovered(before: number, now: number, elapsed: number): number {
  return Math.min(now, Math.max(LEAST_SHARE, before + elapsed / RECENT_MS));
}

/** A node that is ill stays in the order: that its keys are elsewhere is a spill. A new one is not missed. */
function takesPart(fit: number, weight: number): boolean {
  return fit === 0 || mix(weight) < fit * 0x1_0000_0000;
}
