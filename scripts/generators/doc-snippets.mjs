// The code and the transcripts that pages of docs/ show: copied from docs/examples, which the tests run.
import { readFileSync } from 'node:fs';

const docs = new URL('../../docs/', import.meta.url);
const PAGES = ['tools.md', 'cache.md'];

/** `<!-- snippet: PATH -->` or `<!-- snippet: PATH#REGION -->`, then the block of code that is written anew. */
const MARK = /<!-- snippet: ([^\s#]+)(?:#([\w-]+))? -->/g;
const MARKED_BLOCK = new RegExp(`(${MARK.source}\\n+)\`\`\`(\\w+)\\n(?:[^]*?\\n)?\`\`\``, 'g');

function fill(name) {
  const page = readFileSync(new URL(name, docs), 'utf8');
  const marks = page.match(MARK) ?? [];
  let filled = 0;
  const text = page.replace(MARKED_BLOCK, (_block, head, path, region, language) => {
    filled += 1;
    return `${head}\`\`\`${language}\n${snippet(path, region)}\n\`\`\``;
  });
  if (marks.length === 0) throw new Error(`docs/${name}: expected marks of snippets, got none`);
  if (filled !== marks.length)
    throw new Error(`docs/${name}: expected a block of code after each snippet mark, got ${filled} of ${marks.length}`);
  return text;
}

/** A file's text, or what is between its lines `// #region NAME` and `// #endregion`, without their indentation. */
function snippet(path, region) {
  const text = readFileSync(new URL(path, docs), 'utf8').trimEnd();
  if (region === undefined) return text;
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  const end = lines.findIndex((line, index) => index > begin && line.trim() === '// #endregion');
  if (begin === -1 || end === -1) throw new Error(`docs/${path}: expected a region ${region}, got none`);
  const indent = lines[begin].search(/\S/);
  return lines
    .slice(begin + 1, end)
    .map((line) => line.slice(indent))
    .join('\n');
}

export default {
  name: 'snippets',
  files: () => Object.fromEntries(PAGES.map((name) => [`docs/${name}`, fill(name)])),
};
