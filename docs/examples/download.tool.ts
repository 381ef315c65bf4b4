import { sleep, type Clock } from '@mcp-cluster/kernel';
import { Tool, ToolError, type ToolContext } from '@mcp-cluster/tools';
import { CLOCK, DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { fileName } from './data-file.js';
import { writeWhole } from './whole-file.js';

/** A caller must not be able to fill the disk. */
const MAX_BYTES = 268_435_456;
/** A server that is busy is asked again this often, after this many milliseconds. */
const RETRIES = 2;
const RETRY_AFTER_MS = 2_000;

const input = z.object({
  source: z.string().min(1).max(100).describe('A name in sources.json of the data folder.'),
  file: fileName.describe('What the file is called here. One of that name is replaced.'),
});

const output = z.object({ file: z.string(), bytes: z.int() });

const sourceList = z.record(z.string(), z.url({ protocol: /^https?$/ }));

@Injectable()
export class DownloadTool {
  constructor(
    @Inject(DATA_DIR) private readonly dataDir: string,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Tool({
    name: 'download',
    description: 'Downloads one of the known sources into the data folder.',
    input,
    output,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  })
  // #region download
  async download({ source, file }: z.output<typeof input>, context: ToolContext) {
    const response = await this.request(source, await this.addressOf(source), context);
    const total = sizeOf(response);
    async function* measured(body: AsyncIterable<Buffer>) {
      let bytes = 0;
      for await (const chunk of body) {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) throw new ToolError(`source: expected at most ${MAX_BYTES} bytes, got more`);
        context.progress(bytes, total, total === undefined ? `${bytes} bytes` : `${bytes} of ${total} bytes`);
        yield chunk;
      }
    }
    const { signal } = context;
    const bytes = await writeWhole(this.dataDir, file, signal, (part) =>
      pipeline(Readable.fromWeb(response.body ?? new ReadableStream()), measured, part, { signal }),
    );
    return { file, bytes };
  }
  // #endregion

  /** The caller chooses a name, the operator what it stands for: a tool that takes any URL reads your network too. */
  private async addressOf(source: string): Promise<string> {
    const text = await readFile(join(this.dataDir, 'sources.json'), 'utf8').catch((cause: unknown) => {
      throw new ToolError('source: this server knows no sources', { cause });
    });
    const known = parseSources(text);
    const url = Object.hasOwn(known, source) ? known[source] : undefined;
    if (url === undefined)
      throw new ToolError(`source: expected one of ${Object.keys(known).join(', ')}, got ${JSON.stringify(source)}`);
    return url;
  }

  // #region request
  private async request(source: string, url: string, context: ToolContext): Promise<Response> {
    for (let attempt = 0; ; attempt += 1) {
      const response = await fetch(url, { signal: context.signal, redirect: 'error' }).catch((cause: unknown) => {
        throw new ToolError(`source: ${source} cannot be reached`, { cause });
      });
      if (response.ok) return response;
      await response.body?.cancel(); // an answer that nobody reads keeps its connection
      if (response.status !== 503 || attempt === RETRIES)
        throw new ToolError(`source: ${source} answered with HTTP ${response.status}`);
      await sleep(this.clock, RETRY_AFTER_MS, context.signal);
    }
  }
}
// #endregion

function parseSources(text: string): z.output<typeof sourceList> {
  try {
    return sourceList.parse(JSON.parse(text));
  } catch (cause) {
    // What is wrong with it is the operator's business: the errors of the parsers quote the file.
    throw new ToolError("source: this server's list of sources is broken", { cause });
  }
}

/** Undefined when it is not known: a compressed answer says how long it is compressed. */
function sizeOf({ headers }: Response): number | undefined {
  const length = headers.get('content-encoding') === null ? headers.get('content-length') : null;
  return length === null ? undefined : Number(length);
}
