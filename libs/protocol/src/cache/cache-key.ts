import { hash } from 'node:crypto';
import type { Principal } from '../exchange/context.js';
import type { CacheKey, CacheScope, CacheType } from './result-cache.js';

/** 132 bits: nobody finds two texts with the same mark. Marks go over the bus and into Redis, the texts do not. */
const MARK_CHARACTERS = 22;

function mark(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, MARK_CHARACTERS);
}

/** The tag that every entry carries. */
export const EVERYTHING = mark('everything');

/** The tag of all entries of one tool, resource template or computation. */
export function spaceTag(type: CacheType, space: string): string {
  return mark(`space\0${type}\0${space}`);
}

/** A tag that an author or an operator named. */
export function namedTag(name: string): string {
  return mark(`tag\0${name}`);
}

/** The tag of all entries that were read from one URI. */
export function uriTag(uri: string): string {
  return mark(`uri\0${uri}`);
}

/** What one tool, resource or computation has in all its keys; made once. */
export class KeySpace {
  private readonly prefix: string;
  private readonly ownTags: readonly string[];

  /**
   * @param version another one where the same arguments may mean something else: its entries are others
   */
  constructor(
    readonly type: CacheType,
    readonly space: string,
    readonly scope: CacheScope,
    version: string,
    tags: readonly string[] = [],
  ) {
    this.prefix = `${type}\0${space}\0${scope}\0${version}\0`;
    this.ownTags = [EVERYTHING, spaceTag(type, space), ...tags.map(namedTag)];
  }

  /**
   * @param text all else that the answer depends on, as one JSON text (canonicalJson)
   * @param principal of whom a private entry is; not looked at for a public one
   */
  key(text: string, principal: Principal, moreTags: readonly string[] = []): CacheKey {
    const { type, space, scope } = this;
    const owner = scope === 'public' ? '' : principalMark(principal);
    const id = hash('sha256', `${this.prefix}${owner}\0${text}`, 'base64url');
    return { id, type, space, scope, owner, tags: [...this.ownTags, id, ...moreTags] };
  }
}

let lastPrincipal: Principal | undefined;
let lastMark = '';

/** Most calls of a moment are one principal's: his mark is made once. */
export function principalMark(principal: Principal): string {
  if (principal !== lastPrincipal) {
    // As JSON: lone surrogates, which are all the same as UTF-8, are written out.
    lastMark = mark(`principal\0${JSON.stringify([principal.issuer, principal.subject])}`);
    lastPrincipal = principal;
  }
  return lastMark;
}
