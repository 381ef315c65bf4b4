import { describe, expect, it } from 'vitest';
import { RobotsPolicy } from './robots.policy.js';

const ORIGIN = 'http://example.com';

function allows(text: string, path: string): boolean {
  return new RobotsPolicy(ORIGIN, text).allows(new URL(path, ORIGIN));
}

describe('RobotsPolicy', () => {
  it.each([
    ['', '/a', true],
    ['user-agent: *\ndisallow: /a', '/a', false],
    ['user-agent: *\ndisallow: /a', '/b', true],
    ['user-agent: *\ndisallow: /a\nallow: /a/b', '/a/b/c', true],
    ['user-agent: *\ndisallow: /*.pdf$', '/x/y.pdf', false],
    ['user-agent: *\ndisallow: /*.pdf$', '/x/y.pdf?z', true],
    ['User-Agent: MCP-Cluster-Crawler/9 # us\r\nDisallow: /a\r\n\r\nUser-agent: *\r\nDisallow: /', '/b', true],
    ['user-agent: mcp-cluster-crawler\ndisallow: /a\nuser-agent: *\ndisallow:', '/a', false],
    ['user-agent: one\nuser-agent: mcp-cluster-crawler\nuser-agent: two\ndisallow: /a', '/a', false],
    ['user-agent: one\ndisallow: /\nuser-agent: *\ndisallow: /a', '/b', true],
    ['user-agent: *\nallow: /x\nuser-agent: one\ndisallow: /', '/a', true],
    ['user-agent: *\ndisallow: /a\nuser-agent: *\ndisallow: /b', '/a', false],
    ['<!doctype html><p>no such page: sorry', '/a', true],
  ])('S10: %j for %s: %s', (text, path, expected) => {
    expect(allows(text, path)).toBe(expected);
  });

  it('S10: speaks for its own origin only', () => {
    const policy = new RobotsPolicy(ORIGIN, '');
    expect(policy.allows(new URL('https://example.com/'))).toBe(false);
    expect(policy.allows(new URL('http://example.com:8080/'))).toBe(false);
    expect(policy.allows(new URL('http://example.com/'))).toBe(true);
  });

  it.each([
    ['', 0],
    ['user-agent: *\ncrawl-delay: 0.25', 250],
    ['user-agent: *\ncrawl-delay: 3600', 1_000],
    ['user-agent: *\ncrawl-delay: -5', 0],
    ['user-agent: *\ncrawl-delay: soon', 0],
    ['user-agent: *\ncrawl-delay: 1e999', 1_000],
    ['user-agent: one\ncrawl-delay: 5', 0],
  ])('S10: %j asks for %i ms between requests', (text, expected) => {
    expect(new RobotsPolicy(ORIGIN, text).delayMs).toBe(expected);
  });

  it('S10: gives its sitemaps wherever they stand, at most 50', () => {
    const lines = Array.from({ length: 60 }, (_, index) => `Sitemap: ${ORIGIN}/${index}.xml`);
    const text = `sitemap: /first.xml\nuser-agent: one\ndisallow: /\n${lines.join('\n')}`;
    const { sitemaps } = new RobotsPolicy(ORIGIN, text);
    expect(sitemaps).toHaveLength(50);
    expect(sitemaps.slice(0, 2)).toEqual(['/first.xml', `${ORIGIN}/0.xml`]);
  });

  it('S10: 20,000 names above 20,000 rules do not multiply', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `user-agent: ${index}`);
    const rules = Array.from({ length: 20_000 }, (_, index) => `disallow: /${index}`);
    const text = [...names, 'user-agent: *', ...rules].join('\n');
    expect(allows(text, '/0')).toBe(false);
    expect(allows(text, '/x')).toBe(true);
  });

  it('S10: wildcards beyond the bound are not matched, rules without are', () => {
    const rules = Array.from({ length: 100 }, (_, index) => `disallow: /${'*a'.repeat(500)}${index}`);
    const text = ['user-agent: *', 'disallow: /*x', ...rules, 'disallow: /*y', 'disallow: /z'].join('\n');
    expect(['/x', '/y', '/z'].map((path) => allows(text, path))).toEqual([false, true, false]);
  });
});
