import type { CacheQuery, CacheScope } from '@mcp-cluster/protocol';
import { describe, expect, it } from 'vitest';
import { MAX_RECIPES, PRIVATE_RECIPE_MS, PUBLIC_RECIPE_MS, Recipes } from './recipes.js';

function query(id: string, scope: CacheScope = 'public'): CacheQuery<string> {
  return {
    key: { id, type: 'resource', space: 'notes', scope, owner: scope === 'public' ? '' : 'me', tags: [] },
    policy: { ttlMs: 1_000, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 },
    load: () => Promise.resolve({ value: id, keep: true }),
  };
}

describe('P07: recipes', () => {
  it('are the last query of each key, 2,000 of them, the least recently used one makes room', () => {
    const recipes = new Recipes();
    const first = query('0');
    for (let id = 0; id < MAX_RECIPES; id += 1) recipes.keep(query(String(id)), 0);
    recipes.keep(first, 1);
    recipes.keep(query('one more'), 1);
    expect(recipes.size).toBe(2_000);
    expect(recipes.get('0', 1)).toBe(first);
    expect(recipes.get('1', 1)).toBeUndefined();
  });

  it('of a principal die a quarter of an hour after his last access, public ones after 25 hours', () => {
    const recipes = new Recipes();
    recipes.keep(query('mine', 'private'), 0);
    recipes.keep(query('all'), 0);
    recipes.keep(query('mine', 'private'), 1_000);
    expect(recipes.get('mine', PRIVATE_RECIPE_MS)).toBeDefined();
    expect(recipes.get('mine', PRIVATE_RECIPE_MS + 1_000)).toBeUndefined();
    recipes.sweep(PRIVATE_RECIPE_MS + 1_000);
    expect(recipes.size).toBe(1);
    expect(recipes.get('all', PUBLIC_RECIPE_MS - 1)).toBeDefined();
    recipes.sweep(PUBLIC_RECIPE_MS);
    expect(recipes.size).toBe(0);
  });

  it('know how often they were used since they were asked last', () => {
    const recipes = new Recipes();
    for (const id of ['a', 'b', 'b', 'c', 'c', 'c']) recipes.keep(query(id), 0);
    expect(recipes.takeUses().map(({ query: { key }, uses }) => [key.id, uses])).toEqual([
      ['c', 3],
      ['b', 2],
      ['a', 1],
    ]);
    recipes.keep(query('a'), 0);
    expect(recipes.takeUses().map(({ query: { key } }) => key.id)).toEqual(['a']);
  });
});
