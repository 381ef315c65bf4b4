import { requirements } from '../../requirements.ts';

export default {
  name: 'requirements',
  async files() {
    const built = requirements.filter(({ status }) => status === 'built').length;
    const rows = requirements.map(({ id, area, status, title }) => `| ${id} | ${area} | ${status} | ${title} |`);
    const lines = [
      '# Requirements',
      '',
      'Made from `requirements.ts`; `npm run docs:generate` writes it anew. The titles of the tests that prove a',
      `requirement begin with its id. ${built} of ${requirements.length} are built.`,
      '',
      '| Id | Area | Status | Requirement |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ];
    return { 'docs/requirements.md': lines.join('\n') };
  },
};
