import { POLICIES } from './policies.ts';
import type { Scenario } from './simulate.ts';
import { simulate, type Result } from './simulate.ts';

export interface Report {
  readonly simulation: 'balancing';
  readonly seed: number;
  readonly scenarios: readonly { readonly name: string; readonly results: readonly Result[] }[];
}

/** Every policy through every scenario: seconds of computing, hours of virtual time. */
export function balancingReport(scenarios: readonly Scenario[], seed: number): Report {
  return {
    simulation: 'balancing',
    seed,
    scenarios: scenarios.map((scenario) => ({
      name: scenario.name,
      results: POLICIES.map((policy) => simulate(scenario, policy, seed)),
    })),
  };
}

const HEAD = ['policy', 'p50 ms', 'p99 ms', 'p99.9 ms', 'busiest node', 'troubled node', 'errors'];

export function balancingMarkdown({ seed, scenarios }: Report): string {
  return [
    '# Balancing: policies side by side',
    '',
    `Made by \`npm run sim\` with seed ${String(seed)}; what is simulated stands in README.md. The same seed gives the same page.`,
    '',
    '_Busiest_ and _troubled node_: its share of the calls as a multiple of an even one. The troubled node is the slow, the',
    'failing, the pausing or the new one. Times are those of answered calls, waiting included; errors are shares of all calls.',
    '',
    ...scenarios.flatMap(({ name, results }) => [
      `## ${name}`,
      '',
      row(HEAD),
      row(HEAD.map((_column, at) => (at === 0 ? '---' : '--:'))),
      ...results.map((result) => row(cells(result))),
      '',
    ]),
  ].join('\n');
}

function cells({ policy, p50, p99, p999, maxShare, troubledShare, errors }: Result): string[] {
  return [
    policy,
    ...[p50, p99, p999].map(milliseconds),
    maxShare.toFixed(2),
    troubledShare === undefined ? '' : troubledShare.toFixed(2),
    errors === 0 ? '0' : `${(errors * 100).toPrecision(2)} %`,
  ];
}

function milliseconds(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
}

function row(columns: readonly string[]): string {
  return `| ${columns.join(' | ')} |`;
}
