/** The end of a run as k6 hands it to `handleSummary`, as far as it is read here. */
export interface SummaryData {
  metrics: Record<
    string,
    { type: string; values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> } | undefined
  >;
}

/**
 * What a run leaves: a few lines on the terminal and, with `-e SUMMARY=file`, all its numbers as JSON. Takes the
 * place of k6's text helper, which would have to be fetched from the network.
 */
export function summary(data: SummaryData): Record<string, string> {
  const file = __ENV['SUMMARY'];
  const text = `${lines(data).join('\n')}\n`;
  return file === undefined || file === '' ? { stdout: text } : { stdout: text, [file]: JSON.stringify(data, null, 2) };
}

function lines({ metrics }: SummaryData): string[] {
  const count = (name: string): number => metrics[name]?.values['count'] ?? 0;
  const checks = metrics['checks']?.values ?? {};
  const limits = Object.entries(metrics).flatMap(([name, metric]) =>
    Object.entries(metric?.thresholds ?? {}).map(
      ([limit, { ok }]) => `  ${ok ? 'ok    ' : 'BROKEN'} ${name} ${limit}  (${values(metric?.values ?? {})})`,
    ),
  );
  const broken = limits.filter((line) => line.startsWith('  BROKEN')).length;
  // Limits of what never happened are kept: that is no success.
  const verdict = broken === 0 ? 'all limits kept' : `${String(broken)} limits broken`;
  return [
    '',
    `requests ${String(count('http_reqs'))}, iterations ${String(count('iterations'))}, ` +
      `checks ${String(checks['passes'] ?? 0)} passed, ${String(checks['fails'] ?? 0)} failed`,
    ...limits.sort(),
    count('iterations') === 0 ? 'nothing was measured' : verdict,
  ];
}

function values(all: Record<string, number>): string {
  const shown = ['rate', 'count', 'med', 'p(95)', 'max'].filter((key) => all[key] !== undefined);
  return shown.map((key) => `${key} ${String(Math.round((all[key] ?? 0) * 100) / 100)}`).join(', ');
}
