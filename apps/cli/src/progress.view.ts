/** What is known of a running call. */
export interface CallProgress {
  /** Milliseconds since it began. */
  readonly elapsedMs: number;
  readonly progress?: number | undefined;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Milliseconds a picture of the spinner stays. */
export const FRAME_MS = 100;
const BAR_WIDTH = 28;

/**
 * One line for a terminal: a bar with percent when the total is known, a spinner otherwise; then the message and
 * the time (S18).
 * @param columns width of the terminal; the line is cut to it so that it can be drawn over
 */
export function progressLine(state: CallProgress, columns: number): string {
  const head = state.total === undefined || state.total <= 0 ? spinner(state) : bar(state.progress ?? 0, state.total);
  const time = ` · ${duration(state.elapsedMs)}`;
  const width = columns - 1;
  // A long message gives way to the time; only a very narrow terminal loses that too.
  const message =
    state.message === undefined ? '' : cut(` ${printable(state.message)}`, width - head.length - time.length);
  return cut(`${head}${message}${time}`, width);
}

/** The same for a log or a pipe: no drawing. */
export function progressText(state: CallProgress): string {
  const share = state.total === undefined || state.total <= 0 ? '' : `${percent(state.progress ?? 0, state.total)} `;
  return `${share}${printable(state.message ?? 'working')} (${duration(state.elapsedMs)})`;
}

/** `850 ms`, `12.3 s`, `2 min 05 s` */
export function duration(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60).padStart(2, '0')} s`;
}

function bar(progress: number, total: number): string {
  const filled = Math.round(share(progress, total) * BAR_WIDTH);
  return `[${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}] ${percent(progress, total)}`;
}

function spinner({ elapsedMs, progress }: CallProgress): string {
  const frame = SPINNER[Math.floor(elapsedMs / FRAME_MS) % SPINNER.length] ?? '';
  return progress === undefined ? frame : `${frame} ${String(progress)}`;
}

function percent(progress: number, total: number): string {
  return `${String(Math.floor(share(progress, total) * 100)).padStart(3)} %`;
}

function share(progress: number, total: number): number {
  return Math.min(1, Math.max(0, progress / total));
}

/** A server's text may hold control characters, which a terminal would obey. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function cut(text: string, width: number): string {
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  if (characters.length <= width) return text;
  return width < 1 ? '' : `${characters.slice(0, width - 1).join('')}…`;
}
