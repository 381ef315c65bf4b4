/** How much of what came is shown: enough to recognise it, on one line of a terminal. */
const SHOWN = 80;

/** Text from outside, safe to print: quoted, control characters escaped, cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}
