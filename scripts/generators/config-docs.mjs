import { format } from 'prettier';
import { managerSchema, nodeSchema, settingsOf, settingsTable } from '../../libs/config/dist/index.js';

const INTRODUCTION = `# Configuration

Made from the schemas in \`libs/config\`; \`npm run docs:generate\` writes it anew. \`--help\` of each program prints the same.

A flag wins over its environment variable, and both win over the default. An empty variable counts as not set.
Flags are written \`--name value\` or \`--name=value\`; switches (on or off) need no value. A program that cannot use
what it was given names every problem at once, on stderr, and exits with 2. The value of a secret is never printed.`;

const cell = (text, column) =>
  (column < 2 && text !== '' ? `\`${text}\`` : text).replaceAll('|', '\\|').replaceAll('*', '\\*');

function section(title, about, schema) {
  const [headings, ...rows] = settingsTable(settingsOf(schema));
  const lines = [headings, headings.map(() => '---'), ...rows.map((row) => row.map(cell))];
  return [`## ${title}`, about, lines.map((row) => `| ${row.join(' | ')} |`).join('\n')].join('\n\n');
}

/** The tables of every flag and environment variable. */
export default {
  name: 'configuration',
  async files() {
    const sections = [
      INTRODUCTION,
      section('Manager', '`npm run manager`, and `npm start`, which passes its flags on.', managerSchema),
      section('Node', '`npm run node`.', nodeSchema),
    ];
    const text = await format(sections.join('\n\n'), { parser: 'markdown', printWidth: 120 });
    return { 'docs/configuration.md': text };
  },
};
