import { LocalError } from '@mcp-cluster/kernel';
import { testTool } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { PromptDefinition, ResourceDefinition, ResourceTemplateDefinition } from './definitions.js';
import { Registry } from './registry.js';

const resource = (more: Partial<ResourceDefinition> = {}): ResourceDefinition => ({
  uri: 'test://one',
  name: 'one',
  description: 'One.',
  handler: () => 'one',
  ...more,
});
const template = (more: Partial<ResourceTemplateDefinition> = {}): ResourceTemplateDefinition => ({
  uriTemplate: 'test://{id}/data',
  name: 'data',
  description: 'Data.',
  handler: () => 'data',
  ...more,
});
const prompt = (more: Partial<PromptDefinition> = {}): PromptDefinition => ({
  name: 'ask',
  description: 'Asks.',
  handler: () => 'ask',
  ...more,
});
const list = (registry: Registry, kind: Parameters<Registry['page']>[0]): unknown =>
  (JSON.parse(`{${registry.page(kind, undefined) as string}}`) as Record<string, unknown>)[kind];

describe('the lists', () => {
  it('say what was registered, in that order', () => {
    const registry = new Registry();
    registry.tool({
      ...testTool('b', () => 'b'),
      title: 'B',
      input: z.object({ text: z.string().describe('A text.'), times: z.int().min(1).default(1) }),
      output: z.object({ count: z.int() }),
      annotations: { readOnlyHint: true },
    });
    registry.tool(testTool('a', () => 'a'));
    expect(list(registry, 'tools')).toMatchObject([
      {
        name: 'b',
        title: 'B',
        description: 'The tool b of a test.',
        inputSchema: {
          type: 'object',
          properties: {
            text: { type: 'string', description: 'A text.' },
            times: { type: 'integer', minimum: 1, default: 1 },
          },
          required: ['text'],
        },
        outputSchema: { type: 'object', properties: { count: { type: 'integer' } }, required: ['count'] },
        annotations: { readOnlyHint: true },
      },
      { name: 'a', inputSchema: { type: 'object' } },
    ]);
    expect(registry.toolNames).toEqual(['b', 'a']);
  });

  it('hold a JSON Schema of another author as it is', () => {
    const jsonSchema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object' as const,
      $defs: { a: {} },
    };
    const registry = new Registry();
    registry.tool(
      testTool('t', () => '', { input: { jsonSchema, check: (value: unknown) => ({ ok: true as const, value }) } }),
    );
    expect(list(registry, 'tools')).toMatchObject([{ inputSchema: jsonSchema }]);
  });

  it('leave out handlers, caches and completers', () => {
    const registry = new Registry();
    registry.resource(resource({ mimeType: 'text/plain', size: 3, cache: { ttlMs: 5, scope: 'public' } }));
    registry.resourceTemplate(template({ complete: { id: () => [] } }));
    registry.prompt(prompt({ arguments: [{ name: 'a', description: 'An a.', required: true, complete: () => [] }] }));
    expect(list(registry, 'resources')).toEqual([
      { uri: 'test://one', name: 'one', description: 'One.', mimeType: 'text/plain', size: 3 },
    ]);
    expect(list(registry, 'resourceTemplates')).toEqual([
      { uriTemplate: 'test://{id}/data', name: 'data', description: 'Data.' },
    ]);
    expect(list(registry, 'prompts')).toEqual([
      { name: 'ask', description: 'Asks.', arguments: [{ name: 'a', description: 'An a.', required: true }] },
    ]);
  });

  it('are empty lists where nothing is', () => {
    for (const kind of ['tools', 'prompts', 'resources', 'resourceTemplates'] as const)
      expect(list(new Registry(), kind)).toEqual([]);
  });

  it('are made once, and again after a change', () => {
    let conversions = 0;
    const text = z.string();
    const input = z.object({
      get text() {
        conversions += 1;
        return text;
      },
    });
    const registry = new Registry();
    registry.tool({ ...testTool('a', () => ''), input });
    const made = conversions;
    const first = registry.page('tools', undefined);
    const collected = vi.spyOn(Map.prototype, 'values');
    for (let turn = 0; turn < 10; turn += 1) expect(registry.page('tools', undefined)).toBe(first);
    expect(collected).not.toHaveBeenCalled();
    collected.mockRestore();
    expect(conversions).toBe(made);
    registry.tool(testTool('b', () => ''));
    expect(list(registry, 'tools')).toHaveLength(2);
  });
});

describe('a definition is refused', () => {
  it.each(['', 'a b', 'ü', 'a:b', 'a\n', 'x'.repeat(65), '"'])('with the name %j', (name) => {
    expect(() => {
      new Registry().tool(testTool(name, () => ''));
    }).toThrow(expect.objectContaining({ code: 'bad_name' }));
    expect(() => {
      new Registry().prompt(prompt({ name }));
    }).toThrow(expect.objectContaining({ code: 'bad_name' }));
  });

  it.each(['a', 'A-b_c.d/e', 'x'.repeat(64)])('not with the name %j', (name) => {
    expect(() => {
      new Registry().tool(testTool(name, () => ''));
    }).not.toThrow();
  });

  it('a second time under the same name, and the first stays', () => {
    const registry = new Registry();
    const twice = [
      () => {
        registry.tool(testTool('t', () => ''));
      },
      () => {
        registry.prompt(prompt());
      },
      () => {
        registry.resource(resource());
      },
      () => {
        registry.resourceTemplate(template());
      },
    ];
    for (const register of twice) {
      register();
      expect(register).toThrow(expect.objectContaining({ code: 'duplicate' }));
    }
    expect(list(registry, 'tools')).toHaveLength(1);
  });

  it.each<[string, string, (registry: Registry) => void]>([
    [
      'no_description',
      'tool t',
      (registry) => {
        registry.tool(testTool('t', () => '', { description: ' ' }));
      },
    ],
    [
      'no_description',
      'resource test://one',
      (registry) => {
        registry.resource(resource({ description: '' }));
      },
    ],
    [
      'bad_uri',
      'got "one"',
      (registry) => {
        registry.resource(resource({ uri: 'one' }));
      },
    ],
    [
      'bad_cache',
      'cache.ttlMs',
      (registry) => {
        registry.resource(resource({ cache: { ttlMs: -1, scope: 'public' } }));
      },
    ],
    [
      'bad_cache',
      'got 0.5',
      (registry) => {
        registry.resourceTemplate(template({ cache: { ttlMs: 0.5, scope: 'public' } }));
      },
    ],
    [
      'bad_schema',
      'input schema',
      (registry) => {
        registry.tool(testTool('t', () => '', { input: z.string() }));
      },
    ],
    [
      'bad_schema',
      'output schema',
      (registry) => {
        registry.tool(testTool('t', () => '', { output: z.array(z.string()) }));
      },
    ],
  ])('with %s: %s', (code, message, register) => {
    const thrown = ((): unknown => {
      try {
        register(new Registry());
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(thrown).toBeInstanceOf(LocalError);
    expect(thrown).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });
});

describe('locate', () => {
  const registry = new Registry();
  registry.resource(resource({ uri: 'test://exact/data', name: 'exact' }));
  registry.resourceTemplate(template());
  registry.resourceTemplate(template({ uriTemplate: 'test://{id}/{part}', name: 'part' }));
  const located = (uri: string): unknown => {
    const found = registry.locate(uri);
    return found && [found.resource.definition.name, found.kind === 'template' ? found.variables : undefined];
  };

  it.each([
    ['test://exact/data', ['exact', undefined]],
    ['test://7/data', ['data', { id: '7' }]],
    ['test://7/other', ['part', { id: '7', part: 'other' }]],
    ['test://7', undefined],
    ['TEST://7/data', undefined],
    ['', undefined],
    ['__proto__', undefined],
  ])('%j leads to %j', (uri, expected) => {
    expect(located(uri)).toEqual(expected);
  });
});
