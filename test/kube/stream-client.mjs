// Real MCP clients of the SDK against one URL, run from wherever the URL can be reached:
//   node stream-client.mjs URL            both eras: streamed calls, checked; exit code 1 when something is wrong
//   node stream-client.mjs URL --rolling  calls without a pause until stdin ends; prints how many failed
// The last line on stdout is JSON.
import assert from 'node:assert/strict';
import process from 'node:process';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const CALL_TIMEOUT_MS = 30_000;
const ERAS = [
  { version: '2026-07-28', mode: { pin: '2026-07-28' } },
  { version: '2025-11-25', mode: 'legacy' },
];

async function connect(url, mode) {
  const client = new Client({ name: 'kube-test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

/** One tool call; `progress` has what came before the result, with the milliseconds at which it came. */
async function call(client, name, args) {
  const progress = [];
  const onprogress = (event) => progress.push({ ...event, at: performance.now() });
  const result = await client.callTool({ name, arguments: args }, { onprogress, timeout: CALL_TIMEOUT_MS });
  assert.notEqual(result.isError, true, `${name}: ${JSON.stringify(result.content)}`);
  const soFar = [...progress]; // whatever comes after the result would not be in it
  return { result, progress: soFar, ended: performance.now() };
}

function assertRising(progress, total) {
  for (const [index, { progress: value, message }] of progress.entries()) {
    assert.ok(index === 0 || value > progress[index - 1].progress, `progress falls: ${JSON.stringify(progress)}`);
    assert.ok(message, 'every progress has a message');
  }
  assert.equal(progress.at(-1)?.progress, total, 'the last progress is 100 %');
}

async function checkEra(url, { version, mode }) {
  const client = await connect(url, mode);
  try {
    assert.equal(client.getNegotiatedProtocolVersion(), version);
    const rows = 100_000;
    const analysis = await call(client, 'run_analysis', { rows, range: 1000, chunkSize: 200 });
    assertRising(analysis.progress, rows);
    assert.ok(analysis.progress.length >= 2, `${analysis.progress.length} progress events before the result`);
    const { categories, metadata } = analysis.result.structuredContent;
    assert.equal(metadata.rowsProcessed, rows);
    assert.ok(metadata.processingTime > 0 && metadata.throughput > 0, JSON.stringify(metadata));
    const counted = ['A', 'B', 'C'].map((name) => categories[name]);
    assert.equal(
      counted.reduce((sum, { count }) => sum + count, 0),
      rows,
    );
    for (const { average, min, max } of counted) {
      assert.ok(min >= 0 && min <= average && average <= max && max < 1000, JSON.stringify(categories));
    }
    // A call of known length shows that nothing on the way collects the events: they come while it runs.
    const delayMs = 1500;
    const echo = await call(client, 'echo', { text: 'over the wire', delayMs });
    assertRising(echo.progress, delayMs);
    assert.equal(echo.result.content[0].text, 'over the wire');
    assert.ok(echo.progress.length >= 5, `${echo.progress.length} progress events in ${delayMs} ms`);
    assert.ok(echo.ended - echo.progress[0].at > delayMs / 2, 'the first progress came long before the result');
    return { version, analysisEvents: analysis.progress.length, echoEvents: echo.progress.length, ...metadata };
  } finally {
    await client.close();
  }
}

/** Callers that never pause: whoever replaces the pods meanwhile must not be noticed. */
async function roll(url) {
  let open = true;
  process.stdin.resume().once('end', () => (open = false));
  const failures = [];
  let calls = 0;
  const caller = async ({ version, mode }) => {
    const client = await connect(url, mode);
    while (open) {
      calls += 1;
      const text = `${version} ${calls}`;
      try {
        const { result } = await call(client, 'echo', { text, delayMs: 700 });
        assert.equal(result.content[0].text, text);
      } catch (error) {
        failures.push(`${version}: ${String(error)}`);
      }
    }
    await client.close();
  };
  console.log('calling');
  await Promise.all([...ERAS, ...ERAS].map(caller));
  return { calls, failed: failures.length, failures: failures.slice(0, 10) };
}

const [url, flag] = process.argv.slice(2);
if (flag === '--rolling') {
  console.log(JSON.stringify(await roll(url)));
} else {
  const eras = [];
  for (const era of ERAS) eras.push(await checkEra(url, era));
  console.log(JSON.stringify(eras));
}
