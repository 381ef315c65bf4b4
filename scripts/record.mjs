// `node scripts/record.mjs [NAME...]`: records the terminal client at work with each tool, for docs/recordings.
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { startCluster } from '../test/support/cluster.mjs';
import { exitWith } from './child.mjs';
import { ensureReady, node26 } from './ensure.mjs';
import { at, root, say } from './paths.mjs';
import { makeDataFolder } from './recording/data-folder.mjs';
import { page } from './recording/page.mjs';
import { SCENES } from './recording/scenes.mjs';
import { startSite } from './recording/site.mjs';
import { runOnTerminal } from './recording/terminal.mjs';

/** Characters of a sealed id that are shown. */
const SHOWN_OF_ID = 16;
/** Milliseconds between two runs of a command that is repeated until its output fits, and how many runs at most. */
const REPEAT_MS = 2_000;
const MOST_REPEATS = 40;

exitWith(async () => {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !SCENES.some(({ file }) => file === name));
  if (unknown.length > 0) {
    say(`record: expected names of ${SCENES.map(({ file }) => file).join(', ')}, got ${unknown.join(', ')}.`);
    return 1;
  }
  await ensureReady();
  const scenes = names.length === 0 ? SCENES : SCENES.filter(({ file }) => names.includes(file));
  mkdirSync(at('docs', 'recordings'), { recursive: true });
  await onStage(async (stage) => {
    for (const scene of scenes) {
      const text = page(await play(scene, stage));
      writeFileSync(at('docs', 'recordings', `${scene.file}.txt`), text);
      say(`docs/recordings/${scene.file}.txt`);
    }
  });
  return 0;
});

/** A cluster of two nodes, the data that it serves and a site to crawl; all are gone afterwards, also after Ctrl-C. */
async function onStage(use) {
  const data = makeDataFolder();
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Error('interrupted'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let site;
  let cluster;
  try {
    site = await startSite();
    const env = { DATA_DIR: data.folder, LOGS_DIR: '', CRAWL_ALLOW: 'localhost,127.0.0.1' };
    cluster = await startCluster({ nodes: 2, fixtures: false, env });
    await use({ url: cluster.url, site: site.origin, folder: data.folder, signal: interrupt.signal });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await cluster?.stop();
    await site?.stop();
    data.remove();
  }
}

async function play({ steps, ...scene }, stage) {
  const played = [];
  let kept;
  for (const step of steps) {
    const words = typeof step.words === 'function' ? step.words({ site: stage.site, kept }) : step.words;
    const { afterS, code, frames, lines } = await perform(words, step.until, stage);
    if (code !== 0) throw new Error(`${scene.file}: exit code ${code}\n${lines.join('\n')}`);
    if (step.keeps !== undefined) kept = step.keeps(lines);
    const publish = (text) => published(text, stage, kept);
    played.push({
      code,
      words: words.map(publish),
      after: afterS === undefined ? undefined : `${afterS} seconds later`,
      frames: frames.map(({ seconds, text }) => ({ seconds, text: publish(text) })),
      lines: lines.map(publish),
    });
  }
  return { title: scene.file, ...scene, steps: played };
}

/** Runs the client; with `until` again and again, until its output fits. */
async function perform(words, until, { url, signal }) {
  const command = [node26(), at('apps', 'cli', 'dist', 'main.js'), ...words, '--url', url];
  const started = performance.now();
  for (let attempt = 0; attempt < MOST_REPEATS; attempt += 1) {
    const begun = performance.now();
    const seen = await runOnTerminal(command, { cwd: root, signal });
    if (until === undefined) return seen;
    if (until.test(seen.lines.join('\n'))) return { ...seen, afterS: Math.round((begun - started) / 1_000) };
    await pause(REPEAT_MS, undefined, { signal });
  }
  throw new Error(`${words.join(' ')}: not ${until} within ${MOST_REPEATS} attempts`);
}

/** Ports that were free here become the usual ones, and a long id its beginning. Nothing of this machine is told. */
function published(text, { url, site, folder }, id) {
  const shown = text
    .replaceAll(site, 'http://localhost:8080')
    .replaceAll(new URL(url).host, 'localhost:3000')
    .replaceAll(id ?? '\0', `${id?.slice(0, SHOWN_OF_ID)}…`);
  for (const secret of [root, folder, hostname()])
    if (secret.length > 3 && shown.includes(secret)) throw new Error(`a recording would tell "${secret}": ${shown}`);
  return shown;
}
