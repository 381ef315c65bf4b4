import 'reflect-metadata';
import { Registry } from '@mcp-cluster/protocol';
import { Inject, Injectable, Module, Scope, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Prompt } from '../prompt.decorator.js';
import { Resource } from '../resource.decorator.js';
import { RecordingContext } from '../testing/index.js';
import { Tool } from '../tool.decorator.js';
import { McpToolsModule } from './mcp-tools.module.js';

const GREETING = Symbol('greeting');
const input = z.object({ name: z.string() });

@Injectable()
class Greeter {
  constructor(@Inject(GREETING) private readonly greeting: string) {}

  @Tool({ name: 'greet', description: 'Greets.', input })
  greet({ name }: z.output<typeof input>): string {
    return `${this.greeting}, ${name}`;
  }

  @Resource({ uri: 'memo://greeting', name: 'greeting', description: 'The greeting.' })
  read(): string {
    return this.greeting;
  }

  @Resource({ uriTemplate: 'memo://{name}', name: 'memo', description: 'A memo.' })
  memo({ name }: { name: string }): string {
    return name;
  }

  @Prompt({ name: 'greeting', description: 'Asks for a greeting.' })
  prompt(): string {
    return this.greeting;
  }
}

async function register(...tools: Provider[]): Promise<Registry> {
  const registry = new Registry();
  @Module({
    imports: [
      McpToolsModule.forFolders([], {
        providers: [{ provide: Registry, useValue: registry }, { provide: GREETING, useValue: 'Hello' }, ...tools],
      }),
    ],
  })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
  await app.close();
  return registry;
}

describe('McpToolsModule', () => {
  it('registers what providers declare, with their dependencies injected', async () => {
    const registry = await register(Greeter);
    const tool = registry.findTool('greet');
    expect(tool?.handler({ name: 'Ada' } as never, new RecordingContext())).toBe('Hello, Ada');
    expect(registry.locate('memo://greeting')?.kind).toBe('resource');
    expect(registry.locate('memo://today')).toMatchObject({ kind: 'template', variables: { name: 'today' } });
    expect(registry.findPrompt('greeting')).toBeDefined();
  });

  it('names both places of a duplicate', async () => {
    class Twin {
      @Tool({ name: 'greet', description: 'Greets too.', input })
      again(): string {
        return '';
      }
    }
    await expect(register(Greeter, Twin)).rejects.toThrow(
      'Twin.again: tool greet is declared by Greeter.greet already',
    );
  });

  it.each([
    ['bad name', { name: 'bad name', description: 'Something.' }],
    ['description', { name: 'silent', description: '  ' }],
    ['x'.repeat(65), { name: 'x'.repeat(65), description: 'Something.' }],
  ])('names the class and what is wrong: %s', async (part, options) => {
    class Wrong {
      @Tool({ ...options, input })
      run(): string {
        return '';
      }
    }
    await expect(register(Wrong)).rejects.toThrow('Wrong.run');
    await expect(register(Wrong)).rejects.toThrow(part);
  });

  it('refuses a class that is made anew for each request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped extends Greeter {}
    await expect(register(Scoped)).rejects.toThrow('Scoped: a class with tools must be a singleton');
  });
});
