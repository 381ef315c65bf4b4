import type { CacheQuery } from '@mcp-cluster/protocol';
import { HOUR_MS } from './patterns/hour-patterns.js';

/** Twice what the first level holds (P06). Of 4 KiB of arguments at most each (MAX_REMEMBERED in libs/protocol): 8 MiB. */
export const MAX_RECIPES = 2_000;
/**
 * A private recipe acts for a principal: nothing is done for him after he was away for as long as a checked token is
 * believed (P06, auth_token).
 */
export const PRIVATE_RECIPE_MS = 15 * 60_000;
/** A public one is nobody's. What is asked for in the same hour each day must be known a day later. */
export const PUBLIC_RECIPE_MS = 25 * HOUR_MS;

interface Recipe {
  readonly query: CacheQuery<unknown>;
  /** Monotonic milliseconds of the last access. */
  readonly at: number;
  /** Accesses since the counts were taken. */
  readonly uses: number;
}

/**
 * How the entries that were asked for can be made again: the last query of each key. A private key has its principal
 * in its name, so that his recipe makes nobody else's entry. The least recently used one makes room.
 */
export class Recipes {
  private readonly recipes = new Map<string, Recipe>();

  constructor(private readonly capacity = MAX_RECIPES) {}

  get size(): number {
    return this.recipes.size;
  }

  /** @param at monotonic milliseconds of its access */
  keep(query: CacheQuery<unknown>, at: number): void {
    const { id } = query.key;
    const uses = (this.recipes.get(id)?.uses ?? 0) + 1;
    this.recipes.delete(id);
    this.recipes.set(id, { query, at, uses });
    if (this.recipes.size <= this.capacity) return;
    const oldest = this.recipes.keys().next();
    if (!oldest.done) this.recipes.delete(oldest.value);
  }

  /** @param now monotonic milliseconds */
  get(id: string, now: number): CacheQuery<unknown> | undefined {
    const recipe = this.recipes.get(id);
    return recipe === undefined || isOver(recipe, now) ? undefined : recipe.query;
  }

  /** Forgets those whose time is over: their arguments are not held for longer. */
  sweep(now: number): void {
    for (const [id, recipe] of this.recipes) if (isOver(recipe, now)) this.recipes.delete(id);
  }

  /** How often each was used since this was asked last, most first; none that was not. */
  takeUses(): readonly { readonly query: CacheQuery<unknown>; readonly uses: number }[] {
    const used = [...this.recipes.values()].filter(({ uses }) => uses > 0);
    for (const recipe of used) this.recipes.set(recipe.query.key.id, { ...recipe, uses: 0 });
    return used.sort((a, b) => b.uses - a.uses);
  }

  forget(id: string): void {
    this.recipes.delete(id);
  }

  clear(): void {
    this.recipes.clear();
  }
}

function isOver({ query, at }: Recipe, now: number): boolean {
  return now - at >= (query.key.scope === 'private' ? PRIVATE_RECIPE_MS : PUBLIC_RECIPE_MS);
}
