import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { collectDefinitions } from './collect-definitions.js';
import { isDecoratedClass } from './declarations.js';
import { Prompt } from './prompt.decorator.js';
import { Resource } from './resource.decorator.js';
import type { ToolContext } from './tool-context.js';
import { Tool } from './tool.decorator.js';

const input = z.object({ text: z.string(), times: z.number().default(1) });
const tool = { name: 'repeat', description: 'Repeats a text.', input };
const output = z.object({ count: z.number() });
const context = {} as ToolContext;

class Repeater {
  constructor(private readonly prefix: string) {}

  @Tool(tool)
  repeat({ text, times }: z.output<typeof input>): string {
    return this.prefix + text.repeat(times);
  }

  @Resource({ uri: 'memo://prefix', name: 'prefix', description: 'The prefix.' })
  read(uri: string): string {
    return `${uri}=${this.prefix}`;
  }

  @Resource({ uriTemplate: 'memo://{shelf}/{box}', name: 'box', description: 'A box.' })
  box({ shelf, box }: { shelf: string; box: string }, _context: ToolContext, uri: string): string {
    return `${shelf}+${box}@${uri}`;
  }

  @Prompt({ name: 'ask', description: 'Asks.', arguments: [{ name: 'topic', required: true }, { name: 'tone' }] })
  ask({ topic, tone }: { topic: string; tone?: string }): string {
    return `${this.prefix}${topic}${tone ?? ''}`;
  }
}

describe('the decorators', () => {
  it('make definitions whose handlers are bound to the instance', () => {
    const [repeat, prefix, box, ask] = collectDefinitions(new Repeater('> '));
    expect(repeat?.origin).toBe('Repeater.repeat');
    expect(repeat?.definition).toMatchObject({ name: 'repeat', description: 'Repeats a text.', input });
    expect(repeat?.kind === 'tool' && repeat.definition.handler({ text: 'a', times: 2 } as never, context)).toBe(
      '> aa',
    );
    expect(prefix?.kind === 'resource' && prefix.definition.handler('memo://prefix', context)).toBe('memo://prefix=> ');
    expect(
      box?.kind === 'resourceTemplate' && box.definition.handler({ shelf: 's', box: 'b' }, context, 'memo://s/b'),
    ).toBe('s+b@memo://s/b');
    expect(ask?.kind === 'prompt' && ask.definition.handler({ topic: 'tea' }, context)).toBe('> tea');
    expect(ask?.kind === 'prompt' && ask.definition.arguments?.map(({ name }) => name)).toEqual(['topic', 'tone']);
  });

  it('keep the declarations of each class apart and hand them down', () => {
    class Louder extends Repeater {
      @Tool({ ...tool, name: 'shout' })
      override repeat({ text }: z.output<typeof input>): string {
        return text.toUpperCase();
      }
    }
    expect(names(new Louder(''))).toEqual(['shout', 'prefix', 'box', 'ask']);
    expect(names(new Repeater(''))).toEqual(['repeat', 'prefix', 'box', 'ask']);
  });

  it('mark the classes that carry them', () => {
    expect(isDecoratedClass(Repeater)).toBe(true);
    expect(
      [
        class {
          plain = 1;
        },
        () => 1,
        {},
        undefined,
      ].map(isDecoratedClass),
    ).toEqual([false, false, false, false]);
  });
});

/** Not run: each line below an expectation must be refused by the compiler. */
export abstract class WrongSignatures {
  // @ts-expect-error the input has no number called text
  @Tool(tool)
  wrongArgument(args: { text: number }): string {
    return String(args.text);
  }

  // @ts-expect-error the input has no such field
  @Tool(tool)
  unknownArgument(args: { txt: string }): string {
    return args.txt;
  }

  // @ts-expect-error the second parameter is the context
  @Tool(tool)
  wrongContext(_args: z.output<typeof input>, context: string): string {
    return context;
  }

  // @ts-expect-error a number is no result
  @Tool(tool)
  wrongResult(): number {
    return 1;
  }

  // @ts-expect-error the output has no such field
  @Tool({ ...tool, output })
  wrongOutput(): { size: number } {
    return { size: 1 };
  }

  // @ts-expect-error a tool with an output schema returns its value
  @Tool({ ...tool, output })
  missingOutput(): string {
    return 'text';
  }

  @Tool({ ...tool, output })
  rightOutput(args: z.output<typeof input>, context: ToolContext): Promise<{ count: number }> {
    return Promise.resolve({ count: args.times + context.requestId.length });
  }

  // @ts-expect-error the template has no such variable
  @Resource({ uriTemplate: 'logs://{filename}', name: 'log', description: 'A log.' })
  wrongVariable({ file }: { file: string }): string {
    return file;
  }

  // @ts-expect-error a resource's first parameter is its URI
  @Resource({ uri: 'logs://today', name: 'log', description: 'A log.' })
  wrongUri(uri: number): string {
    return String(uri);
  }

  // @ts-expect-error an argument that is not required may be missing
  @Prompt({ name: 'ask', description: 'Asks.', arguments: [{ name: 'topic' }] })
  optionalArgument({ topic }: { topic: string }): string {
    return topic;
  }
}

function names(instance: object): string[] {
  return collectDefinitions(instance).map(({ definition }) => definition.name);
}
