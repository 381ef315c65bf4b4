import { BoundedMap } from '@mcp-cluster/kernel';
import type { Access } from '../access-log.js';
import { confidenceOf, type Prediction } from './prediction.js';
import { FollowedKey } from './followed-key.js';

/** Who asked something in the last minutes: as many as a node has callers at once. About 300 KB. */
export const MAX_TRAILS = 1_000;
/** Keys that something follows: twice what the first level holds (P06), about 2 MB. */
export const MAX_FOLLOWED = 2_000;
/** A turn of a model between two calls takes seconds; what is asked for a minute later has another reason. */
export const SEQUENCE_GAP_MS = 60_000;
/** Marks have 22 characters, session ids some more. A longer name is nobody's: a bound on names is a bound on memory. */
const MAX_WHO_CHARACTERS = 64;

/** The last thing that one caller asked for. */
interface Trail {
  last: string;
  /** Of whom it was, `''` for a public one. */
  lastOwner: string;
  at: number;
  /** Whose private entries he asks for, `''` while that is not known. */
  owner: string;
}

/**
 * What the same caller asks for next. After A he asked for B: a case of A→B. Its confidence is bounded by the share of
 * the A's that a B followed. Cases where nobody knows who asked are none: two strangers' calls are no sequence.
 *
 * What follows a public key may be private: that is learned for each owner by himself, and is predicted only after a
 * call of one who asked for this owner's entries before. So nobody's calls make another one's entries.
 */
export class SequencePatterns {
  private trails: BoundedMap<string, Trail>;
  private followed: BoundedMap<string, FollowedKey>;

  constructor(maxTrails = MAX_TRAILS, maxFollowed = MAX_FOLLOWED) {
    this.trails = new BoundedMap(maxTrails);
    this.followed = new BoundedMap(maxFollowed);
  }

  /** How many callers, keys and pairs of keys are remembered. */
  get size(): { readonly trails: number; readonly followed: number; readonly pairs: number } {
    const pairs = [...this.followed.values()].reduce((sum, { size }) => sum + size, 0);
    return { trails: this.trails.size, followed: this.followed.size, pairs };
  }

  /** One access; each caller's in their order. */
  learn({ who, id, owner, at, query }: Access): void {
    if (who === undefined || who.length > MAX_WHO_CHARACTERS) return;
    const trail = this.trails.get(who);
    if (trail === undefined) this.trails.set(who, { last: id, lastOwner: owner, at, owner });
    else {
      const goesOn = at - trail.at <= SEQUENCE_GAP_MS;
      // Asking for the same again is one visit.
      if (goesOn && trail.last === id) {
        trail.at = at;
        return;
      }
      // What may not be made ahead of time is no successor, but it may have one.
      if (goesOn && query !== undefined) this.link(trail, id, owner, at);
      trail.last = id;
      trail.lastOwner = owner;
      trail.at = at;
      if (owner !== '') trail.owner = owner;
    }
    this.followed.get(id)?.visited(at);
    const whose = trail?.owner ?? '';
    if (owner === '' && whose !== '') this.followed.get(ownersKey(id, whose))?.visited(at);
  }

  /** What may follow the last access of a caller. */
  predict(who: string): readonly Prediction[] {
    const trail = this.trails.get(who);
    if (trail === undefined) return [];
    const found = this.predictions(trail.last);
    if (trail.lastOwner !== '' || trail.owner === '') return found;
    return [...found, ...this.predictions(ownersKey(trail.last, trail.owner))];
  }

  /** Accesses were lost: what comes now did not follow what was seen last. */
  interrupt(): void {
    this.trails = new BoundedMap(this.trails.capacity);
  }

  clear(): void {
    this.interrupt();
    this.followed = new BoundedMap(this.followed.capacity);
  }

  private predictions(key: string): Prediction[] {
    const found: Prediction[] = [];
    this.followed.get(key)?.each((id, count, share) => {
      const confidence = confidenceOf(count, share);
      if (confidence > 0) found.push({ id, confidence, reason: 'sequence' });
    });
    return found;
  }

  private link(trail: Trail, id: string, owner: string, at: number): void {
    const isOwners = owner !== '' && trail.lastOwner !== owner;
    // Two owners' private entries in one trail: it is not one caller's.
    if (isOwners && trail.lastOwner !== '') return;
    const key = isOwners ? ownersKey(trail.last, owner) : trail.last;
    let source = this.followed.get(key);
    if (source === undefined) {
      source = new FollowedKey(at);
      this.followed.set(key, source);
    } else if (isOwners && trail.owner !== owner) {
      source.visited(at); // whose visit it was is known only now
    }
    source.followedBy(id);
  }
}

function ownersKey(id: string, owner: string): string {
  return `${id}\0${owner}`;
}
