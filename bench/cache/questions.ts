/** Arguments of a tool, as a client sends them. */
export interface ToolArguments {
  readonly [name: string]: unknown;
}

const WORDS = [
  'orders',
  'of',
  'customers',
  'in',
  'the',
  'north',
  'by',
  'month',
  'with',
  'their',
  'returns',
  'and',
  'sums',
];

/** The arguments of question number `at`: five members, one of them an object, some 150 bytes of JSON. */
export function question(at: number): ToolArguments {
  return {
    query: `report ${String(at)} of all customers in the north with their returns`,
    limit: 50,
    page: at % 7,
    filters: { region: 'north', year: 2_020 + (at % 6) },
    includeTotals: true,
  };
}

/**
 * The result of a tool as JSON, which is what nodes keep.
 * @param bytes how long the whole is
 */
export function answer(at: number, bytes: number): string {
  const around = JSON.stringify({ content: [{ type: 'text', text: '' }], isError: false }).length;
  let text = `answer ${String(at)}:`;
  for (let word = at; text.length < bytes - around; word += 1) {
    text += ` ${WORDS[word % WORDS.length] ?? ''} ${String((word * 7_919) % 10_007)}`;
  }
  return JSON.stringify({ content: [{ type: 'text', text: text.slice(0, bytes - around) }], isError: false });
}
